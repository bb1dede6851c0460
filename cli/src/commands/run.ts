/** `troupe run`: everything on this machine, from reading the file to the timeline. */
import { compileRevision, type Revision } from "@troupe/model";
import type { JobResult } from "@troupe/sdk";
import { CommandError } from "../command-error.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { loadPipeline } from "../pipeline-file/load.ts";
import type { FinishedRun, Inputs, LoadedPipeline, PipelineScript } from "../pipeline-file/loaded.ts";
import { openEngine, type Engine } from "../running/engine.ts";
import { inOrder } from "../running/in-order.ts";
import { onInterrupt } from "../running/interrupt.ts";
import { ProgressView } from "../running/progress-view.ts";
import { Recorder } from "../running/recorder.ts";
import { resultLine } from "../running/result-line.ts";
import { resultTexts } from "../running/result-text.ts";
import { runJobs, type EndedJob } from "../running/run-jobs.ts";
import { terminalState } from "../terminal-state.ts";
import { renderTerminal } from "../timeline/terminal.ts";
import type { Timeline } from "../timeline/timeline.ts";
import { readRunFlags, type RunFlags, type RunSettings } from "./run-options.ts";
import { writePicture } from "./write-picture.ts";

/** Replicas that take longer get their first jobs as soon as they are ready, and not all at the same time. */
const READY_TIMEOUT_MS = 10_000;
/** Errors that stand for the end of a job. */
const ENDED = new Set(["JobFailedError", "JobCancelledError"]);

export async function run(file: string, words: readonly string[], flags: RunFlags): Promise<ExitCode> {
  const settings = await readRunFlags(flags);
  const pipeline = await loadPipeline(file, settings.load);
  try {
    checkWords(words, pipeline);
    return await runLoaded(pipeline, words, settings);
  } finally {
    await pipeline.cleanUp();
  }
}

function checkWords(words: readonly string[], { script }: LoadedPipeline): void {
  const [first] = words;
  if (first === undefined || script.inputs !== undefined) return;
  throw new CommandError("Usage", `"${first}" follows FILE, and the file exports no inputs(words) that could use it`, {
    hint: "Name inputs with --input, options before or after FILE with two dashes.",
  });
}

async function runLoaded(pipeline: LoadedPipeline, words: readonly string[], settings: RunSettings): Promise<ExitCode> {
  const { manifest, groups, types, script } = pipeline;
  const revision = compileRevision(manifest, { namespace: "local", groups, types });
  const inputs = await inputsOf(pipeline, words, settings);
  const session = new Session(revision, Array.isArray(inputs) ? inputs.length : null);
  for (const warning of pipeline.warnings) session.say(warning.trimEnd());
  using interrupt = onInterrupt((line) => {
    session.say(line);
  });
  const ended = await session.run(pipeline, inputs, settings, interrupt.signal);
  const { jobs, processed } = ended;
  const timeline = session.recorder.timeline();
  try {
    if (!settings.json) printResults(ended.all);
    const finished: FinishedRun = { jobs, processed, timeline, print: printer(settings.json) };
    if (!interrupt.signal.aborted) await reportWith(script, finished);
  } finally {
    // What went wrong is easier to understand with the timeline at hand.
    await showTimeline(timeline, settings, revision.pipeline);
  }
  if (interrupt.signal.aborted) return EXIT.interrupted;
  return ended.all.every(({ outcome }) => outcome.state === "done") ? EXIT.ok : EXIT.failed;
}

async function inputsOf(
  { script }: LoadedPipeline,
  words: readonly string[],
  { inputs }: RunSettings,
): Promise<Inputs> {
  if (inputs !== undefined || script.inputs === undefined) return inputs ?? [null];
  try {
    return await script.inputs(words);
  } catch (error) {
    throw scriptError("InputsFailed", "inputs()", error, EXIT.usage);
  }
}

async function reportWith(script: PipelineScript, finished: FinishedRun): Promise<void> {
  try {
    await script.report?.(finished);
  } catch (error) {
    throw scriptError("ReportFailed", "report()", error, EXIT.failed);
  }
}

/** What the user's own file threw: its message is for people, its stack only when it is no plain error. */
function scriptError(code: string, what: string, error: unknown, exit: ExitCode): unknown {
  if (!(error instanceof Error) || error instanceof CommandError || error.name !== "Error") return error;
  return new CommandError(code, error.message, { exit, hint: `It comes from ${what}, which FILE exports.` });
}

interface Ended {
  readonly jobs: readonly EndedJob[];
  readonly processed: JobResult | null;
  /** The jobs, and the run of the aggregates as one more. */
  readonly all: readonly EndedJob[];
}

/** One run of one pipeline: what is counted and said while it goes on. */
class Session {
  readonly recorder = new Recorder();
  readonly #revision: Revision;
  readonly #total: number | null;
  #view: ProgressView | undefined;
  #ended = 0;
  #failed = 0;

  constructor(revision: Revision, total: number | null) {
    this.#revision = revision;
    this.#total = total;
  }

  say(line: string): void {
    if (this.#view === undefined) process.stderr.write(`${line}\n`);
    else this.#view.say(line);
  }

  async run(pipeline: LoadedPipeline, inputs: Inputs, settings: RunSettings, signal: AbortSignal): Promise<Ended> {
    const { moduleFiles, script } = pipeline;
    const { cpus, gpus, json } = settings;
    const say = (line: string): void => {
      this.say(line);
    };
    await using engine = await openEngine({ revision: this.#revision, moduleFiles, cpus, gpus, say });
    await engine.ready(READY_TIMEOUT_MS, signal);
    for (const problem of engine.board.problems()) this.say(problem);
    using view = this.#watch(engine, json);
    view.start();
    const print = inOrder((ended) => {
      if (json) process.stdout.write(`${resultLine(ended)}\n`);
    });
    const jobs = await this.#runJobs(engine, inputs, settings.concurrency, { signal, print });
    if (!(settings.process || (script.process ?? false)) || signal.aborted) return { jobs, processed: null, all: jobs };
    const processed = await this.#process(engine, jobs.length, signal);
    print(processed);
    return {
      jobs,
      processed: processed.outcome.state === "done" ? processed.outcome.result : null,
      all: [...jobs, processed],
    };
  }

  #watch({ board }: Engine, quiet: boolean): ProgressView {
    const startedAt = performance.now();
    const terminal = terminalState(process.stderr, process.env);
    this.#view = new ProgressView(quiet ? { ...terminal, live: false } : terminal, () => ({
      ended: this.#ended,
      failed: this.#failed,
      total: this.#total,
      elapsedMs: performance.now() - startedAt,
      groups: board.counts(),
    }));
    return this.#view;
  }

  async #runJobs(
    { client, board }: Engine,
    inputs: Inputs,
    concurrency: number,
    { signal, print }: { readonly signal: AbortSignal; readonly print: (ended: EndedJob) => void },
  ): Promise<EndedJob[]> {
    const prefix = Math.random().toString(36).slice(2, 8);
    return runJobs(client, inputs, {
      concurrency,
      signal,
      idOf: (index) => `${prefix}-${index}`,
      onSubmit: (id, index) => {
        board.submitted(id);
        this.recorder.submitted(id, index, Date.now());
      },
      onEnd: (ended) => {
        board.ended(ended.outcome.id);
        this.#count(ended);
        print(ended);
      },
    });
  }

  #count({ outcome }: EndedJob): void {
    this.#ended++;
    if (outcome.state !== "done") this.#failed++;
    this.recorder.ended(outcome, Date.now());
  }

  /** The aggregates' run is shown as one more job, behind the others. */
  async #process({ client }: Engine, index: number, signal: AbortSignal): Promise<EndedJob> {
    const id = `process-${Math.random().toString(36).slice(2, 8)}`;
    this.recorder.submitted(id, index, Date.now(), "process");
    await client.process({ id, signal }).catch((error: unknown) => {
      // How it ended is asked for below, with its timeline.
      if (!(error instanceof Error && ENDED.has(error.name))) throw error;
    });
    const outcome = await client.job(id).outcome();
    this.recorder.ended(outcome, Date.now());
    return { index, outcome };
  }
}

function printResults(ended: readonly EndedJob[]): void {
  const lines = resultTexts(ended, terminalState(process.stdout, process.env).width);
  if (lines.length > 0) process.stdout.write(`${lines.join("\n")}\n`);
}

async function showTimeline(timeline: Timeline, { json, pictures }: RunSettings, title: string): Promise<void> {
  if (!json) process.stdout.write(`\n${renderTerminal(timeline, terminalState(process.stdout, process.env))}`);
  for (const picture of pictures) {
    await writePicture(timeline, picture, title);
    process.stderr.write(`timeline: ${picture.file}\n`);
  }
}

function printer(json: boolean): (line: string) => void {
  const stream = json ? process.stderr : process.stdout;
  return (line) => {
    stream.write(`${line}\n`);
  };
}
