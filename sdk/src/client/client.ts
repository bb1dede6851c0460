/** The client of one pipeline: the same for a coordinator on this machine and for one on a cluster. */
import type { BlobStore, Bus, Fields, Subjects } from "@troupe/protocol";
import { blobsOf } from "./blobs.ts";
import { deferred } from "./deferred.ts";
import { Door } from "./door.ts";
import { JobCancelledError, JobFailedError, RefusedError } from "./errors.ts";
import type { JobHandle } from "./handle.ts";
import { isJobId, newJobIds } from "./job-id.ts";
import { inWindow, type Inputs } from "./many.ts";
import { LATE_ACCEPT, newJob, type Submission, type Waiter } from "./open-job.ts";
import type { ManyOptions, RunOptions, StreamOptions } from "./options.ts";
import { readSpan, type IndexedOutcome, type JobOutcome, type JobResult, type Span } from "./outcome.ts";
import { Outstanding } from "./outstanding.ts";
import { contentHeader, encodeInput, fetchStored, isLarge, storeInput } from "./payloads.ts";
import { startMany } from "./start-many.ts";
import { readState, readStatus, type JobStatus } from "./status.ts";

const DEFAULT_CONCURRENCY = 256;
const EMPTY = new Uint8Array(0);

/** A client after its options were resolved. */
export interface ClientSettings {
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly namespace: string;
  readonly pipeline: string;
  readonly uid: string | undefined;
  /** Folder of stored payloads that the pipeline's processes on this machine share; undefined: none. */
  readonly payloads: string | undefined;
  readonly inbox: string;
  readonly timeline: boolean;
  readonly coordinatorTimeoutMs: number;
}

/**
 * Runs jobs and asks about them. Every call survives restarts of coordinator and NATS: what was not journalled is sent again
 * with the same id, outcomes are asked for again. Closing is idempotent, and ends what still waits.
 *
 *     await using client = await connect({ nats: "nats://127.0.0.1:4222", pipeline: "film" });
 *     const result = await client.run({ url: "https://example.org" });
 */
export class PipelineClient<Result extends JobResult = JobResult> implements AsyncDisposable {
  readonly #settings: ClientSettings;
  readonly #outstanding: Outstanding;
  readonly #door: Door;
  readonly #blobs: () => Promise<BlobStore>;
  readonly #newId = newJobIds();
  /** The same for every job but for its id. */
  readonly #headers: Readonly<Record<string, string>>;

  constructor(settings: ClientSettings) {
    this.#settings = settings;
    const { bus, subjects, namespace, pipeline, coordinatorTimeoutMs: silenceMs, inbox, timeline } = settings;
    const name = `${namespace}/${pipeline}`;
    this.#blobs = blobsOf(settings);
    this.#door = new Door({ bus, subjects, name, silenceMs });
    const complete = async (arrived: Parameters<typeof fetchStored>[1]): Promise<JobOutcome> =>
      fetchStored(this.#blobs, arrived);
    this.#outstanding = new Outstanding({ bus, subjects, name, inbox, silenceMs, timeline, complete });
    this.#headers = {
      "Troupe-Wait": this.#outstanding.outcomeSubject,
      ...(timeline ? { "Troupe-Timeline": "1" } : {}),
    };
  }

  /**
   * Runs one job and waits for its result: the exposed results by name.
   * @throws {JobFailedError} @throws {JobCancelledError} @throws {RefusedError} @throws {NoCoordinatorError}
   */
  async run(input: unknown, options: RunOptions = {}): Promise<Result> {
    return resultOf(await this.outcome(input, options), options.signal);
  }

  /** As {@link run}, but however the job ends is a value. */
  outcome(input: unknown, options: RunOptions = {}): Promise<JobOutcome<Result>> {
    return this.#start("submit", input, options, ignore);
  }

  /** Resolves once the job is journalled: from then on it is not lost. */
  async submit(input: unknown, options: RunOptions = {}): Promise<JobHandle<Result>> {
    const id = options.id ?? this.#newId();
    const accepted = deferred<string>();
    const ended = this.#start("submit", input, { ...options, id }, accepted.resolve);
    // An outcome may overtake the reply, and a refusal is one.
    const revision = await Promise.race([accepted.promise, ended.then(() => null)]);
    return this.#handle(id, revision, ended);
  }

  /**
   * What the aggregates of the pipeline have collected, processed now.
   * @throws as {@link run}
   */
  async process(options: RunOptions = {}): Promise<Result> {
    return resultOf(await this.#start("process", undefined, options, ignore), options.signal);
  }

  /** Outcomes of all inputs, in the order of the inputs; a failed job fills its own place. */
  async runMany(inputs: Inputs<unknown>, options: ManyOptions = {}): Promise<IndexedOutcome<Result>[]> {
    const outcomes: IndexedOutcome<Result>[] = [];
    for await (const outcome of this.outcomes(inputs, { ...options, order: "input" })) outcomes.push(outcome);
    return outcomes;
  }

  /** Outcomes as they come, or in the order of the inputs. Leaving the loop cancels what is still open. */
  async *outcomes(
    inputs: Inputs<unknown>,
    options: StreamOptions = {},
  ): AsyncGenerator<IndexedOutcome<Result>, void, undefined> {
    const { concurrency = DEFAULT_CONCURRENCY, order = "completion", timeoutMs, signal } = options;
    using many = startMany<Result>({
      signal,
      newId: this.#newId,
      run: (input, id) => this.outcome(input, { id, timeoutMs }),
      cancel: (id) => {
        this.#outstanding.cancel(id);
      },
    });
    yield* inWindow(inputs, many.start, { concurrency, order, enough: many.enough });
  }

  /** Results as they come, or in the order of the inputs. The first job that does not end as done ends the loop by throwing. */
  async *results(inputs: Inputs<unknown>, options: StreamOptions = {}): AsyncGenerator<Result, void, undefined> {
    for await (const outcome of this.outcomes(inputs, options)) yield resultOf(outcome, options.signal);
  }

  /** A job that was submitted before, by this client or another. */
  job(id: string): JobHandle<Result> {
    checkId(id);
    return this.#handle(id, null, undefined);
  }

  /** Closes the connection. What still waits ends with a `ClientClosedError`; jobs that are journalled go on. */
  async close(): Promise<void> {
    this.#outstanding.close();
    await this.#settings.bus.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Runs a failed job again, from the module that failed. What was done stays done. @returns its state. */
  async retry(id: string): Promise<JobStatus["state"]> {
    return readState(await this.#ask("retry", id));
  }

  async #ask(operation: "status" | "timeline" | "cancel" | "retry", id: string): Promise<Fields> {
    checkId(id);
    return this.#door.ask(operation, { id });
  }

  #handle(id: string, revision: string | null, ended: Promise<JobOutcome<Result>> | undefined): JobHandle<Result> {
    const outcome = async (): Promise<JobOutcome<Result>> => ended ?? this.#attach(id);
    // Nobody may ever ask for it: then its failure is no business of the process.
    ended?.catch(ignore);
    return {
      id,
      revision,
      outcome,
      result: async () => resultOf(await outcome(), undefined),
      status: async () => readStatus(await this.#ask("status", id)),
      cancel: async () => readState(await this.#ask("cancel", id)),
      timeline: async (): Promise<readonly Span[]> => (await this.#ask("timeline", id)).array("spans").map(readSpan),
    };
  }

  async #attach(id: string): Promise<JobOutcome<Result>> {
    return new Promise((resolve, reject) => {
      this.#outstanding.attach(id, waiterOf(resolve, reject, ignore));
    });
  }

  async #start(
    operation: Submission["operation"],
    input: unknown,
    options: RunOptions,
    accepted: (revision: string) => void,
  ): Promise<JobOutcome<Result>> {
    const { id = this.#newId(), signal, timeoutMs = Number.POSITIVE_INFINITY } = options;
    checkId(id);
    checkNotAborted(id, signal);
    const deadlineAt = performance.now() + timeoutMs;
    const made = this.#submission(operation, id, input, accepted === ignore);
    const submission = made instanceof Promise ? await made : made;
    checkNotAborted(id, signal);
    const ended = this.#outstanding.has(id)
      ? this.#sameId(id, submission, accepted)
      : this.#open(id, submission, deadlineAt, accepted);
    return signal === undefined ? ended : this.#untilAborted(id, signal, ended);
  }

  async #untilAborted(
    id: string,
    signal: AbortSignal,
    ended: Promise<JobOutcome<Result>>,
  ): Promise<JobOutcome<Result>> {
    const cancel = (): void => {
      this.#outstanding.cancel(id);
    };
    signal.addEventListener("abort", cancel, { once: true });
    try {
      return await ended;
    } finally {
      signal.removeEventListener("abort", cancel);
    }
  }

  /**
   * Only what is too large for a message has to wait for anything.
   * @param isLate nobody waits to hear that it is journalled
   */
  #submission(
    operation: Submission["operation"],
    id: string,
    input: unknown,
    isLate: boolean,
  ): Submission | Promise<Submission> {
    const headers = { "Troupe-Job-Id": id, ...this.#headers, ...(isLate ? LATE_ACCEPT : {}) };
    if (operation === "process") return { operation, body: EMPTY, headers };
    const encoded = encodeInput(input);
    if (!isLarge(encoded))
      return { operation, body: encoded.bytes, headers: { ...headers, ...contentHeader(encoded.kind) } };
    const storing = this.#door.store("a large input", async () => storeInput(this.#blobs, id, encoded));
    return storing.then(({ body, headers: stored }) => ({ operation, body, headers: { ...headers, ...stored } }));
  }

  #open(
    id: string,
    submission: Submission,
    deadlineAt: number,
    accepted: (revision: string) => void,
  ): Promise<JobOutcome<Result>> {
    return new Promise((resolve, reject) => {
      this.#outstanding.open(newJob(id, submission, waiterOf(resolve, reject, accepted), deadlineAt));
    });
  }

  /** A job of this id is open here already: the owner says whether this is the same one. */
  async #sameId(id: string, submission: Submission, accepted: (revision: string) => void): Promise<JobOutcome<Result>> {
    const reply = await this.#door.send(submission.operation, submission.body, submission.headers);
    accepted(reply.string("revision"));
    return this.#attach(id);
  }
}

function waiterOf<Result extends JobResult>(
  resolve: (outcome: JobOutcome<Result>) => void,
  reject: (error: Error) => void,
  accepted: (revision: string) => void,
): Waiter {
  return {
    accepted,
    failed: reject,
    ended: (outcome) => {
      resolve(typed<Result>(outcome));
    },
  };
}

/** The caller has said what the pipeline exposes; the client cannot know better. */
function typed<Result extends JobResult>(outcome: JobOutcome): JobOutcome<Result> {
  return outcome as JobOutcome<Result>;
}

function ignore(): void {
  // Nothing to do.
}

/** @throws {JobFailedError} @throws {JobCancelledError} */
export function resultOf<Result extends JobResult>(
  outcome: JobOutcome<Result>,
  signal: AbortSignal | undefined,
): Result {
  switch (outcome.state) {
    case "done":
      return outcome.result;
    case "failed":
      throw new JobFailedError(outcome.id, outcome.error);
    case "cancelled":
      throw new JobCancelledError(
        outcome.id,
        outcome.error.message,
        signal?.aborted === true ? { cause: signal.reason } : {},
      );
  }
}

function checkNotAborted(id: string, signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new JobCancelledError(id, "the job was cancelled before it was submitted", { cause: signal.reason });
}

function checkId(id: string): void {
  if (isJobId(id)) return;
  throw new RefusedError("InvalidJobId", `"${id}" is no job id`, "Use 1 to 64 letters, digits, - and _");
}
