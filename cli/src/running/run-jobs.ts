/** Runs many jobs through a client, and hands their outcomes over in the order of the inputs. */
import type { JobOutcome, RunOptions } from "@troupe/sdk";

/** What of a client is needed here. */
export interface Runner {
  outcome(input: unknown, options: RunOptions): Promise<JobOutcome>;
}

export interface RunJobsOptions {
  /** Jobs open at a time. */
  readonly concurrency: number;
  /** Aborting cancels open jobs and submits no more. */
  readonly signal: AbortSignal;
  /** Id of the job at a place. */
  readonly idOf: (index: number) => string;
  readonly onSubmit: (id: string, index: number) => void;
  /** As they come. */
  readonly onEnd: (ended: EndedJob) => void;
}

export interface EndedJob {
  readonly index: number;
  readonly outcome: JobOutcome;
}

type Inputs = Iterable<unknown> | AsyncIterable<unknown>;

/** Resolves when all jobs have ended. A failed job is an outcome; what rejects is that nobody answers at all. */
export async function runJobs(runner: Runner, inputs: Inputs, options: RunJobsOptions): Promise<EndedJob[]> {
  const iterator = Symbol.asyncIterator in inputs ? inputs[Symbol.asyncIterator]() : inputs[Symbol.iterator]();
  const ended: EndedJob[] = [];
  let next = 0;
  let pulling: Promise<unknown> = Promise.resolve();
  // Several lines pull from one iterator: one at a time, so that places and inputs stay together.
  const pull = async (): Promise<{ readonly index: number; readonly input: unknown } | undefined> => {
    const pulled = pulling.then(async () => {
      if (options.signal.aborted) return undefined;
      const result = await iterator.next();
      return result.done === true ? undefined : { index: next++, input: result.value };
    });
    pulling = pulled.catch(() => undefined);
    return pulled;
  };
  const line = async (): Promise<void> => {
    for (let job = await pull(); job !== undefined; job = await pull()) {
      const end = { index: job.index, outcome: await runOne(runner, job.input, job.index, options) };
      ended.push(end);
      options.onEnd(end);
    }
  };
  await Promise.all(Array.from({ length: options.concurrency }, line));
  return ended.toSorted((a, b) => a.index - b.index);
}

async function runOne(
  runner: Runner,
  input: unknown,
  index: number,
  { idOf, onSubmit, signal }: RunJobsOptions,
): Promise<JobOutcome> {
  const id = idOf(index);
  onSubmit(id, index);
  try {
    return await runner.outcome(input, { id, signal });
  } catch (error) {
    return outcomeOf(id, error);
  }
}

/** What was refused, or cancelled before it was submitted, fills its job's place. Nobody answering ends the run. */
function outcomeOf(id: string, error: unknown): JobOutcome {
  if (!(error instanceof Error)) throw error;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const { message } = error;
  if (error.name === "JobCancelledError" || error.name === "AbortError")
    return { id, state: "cancelled", error: { code: "Cancelled", message } };
  if (error.name !== "RefusedError" && error.name !== "InvalidInputError" && error.name !== "JobTimeoutError")
    throw error;
  return { id, state: "failed", error: { code, message, module: null, group: null, replica: null, attempt: null } };
}
