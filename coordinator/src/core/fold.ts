/**
 * Folds one journal event into the durable state, and says what came of it. Live owner, standby, restart and simulation all go
 * through here, so every rule about what counts stands in this one place:
 *
 * - E1 a job id is taken once; E2 the first result of a (job, module) counts;
 * - E4 a block becomes ready when its start condition is journalled; E5 only results of the block's lease count;
 * - E6 a job ends once, and the first end in the journal wins; E7 readiness takes its place from the journal's order.
 */
import { isInline, type Payload } from "@troupe/protocol";
import type {
  CancelEvent,
  DoneEvent,
  ExpireEvent,
  FailEvent,
  ForgetEvent,
  JournalEvent,
  LeaseEvent,
  PageEvent,
  RetryEvent,
  SubmitEvent,
} from "./events.ts";
import { attemptOf, isStartConditionMet, newJob, type Block, type Job, type JobEnd } from "./job.ts";
import { addPage, addRevision, findRoute, releaseRevision, type JournalState } from "./state.ts";
import { inlineBytes } from "./bytes.ts";
import { exposedModules } from "./outcome.ts";
import { claimItems, consumeItems, keepItem, releaseItems } from "./aggregates.ts";

export type FoldOutcome =
  /** Counted. `ready`: blocks that may start because of it. `ended`: the job that it ended. */
  | {
      readonly kind: "counted";
      readonly ready: readonly Block[];
      readonly ended: Job | undefined;
      readonly block: Block | undefined;
    }
  /** Said before, too late, or of an execution that no longer counts: no effect. */
  | { readonly kind: "ignored" }
  /** A result that overtook an earlier one of its block: not taken, and not to be acknowledged, so that it comes again behind that one (E3). */
  | { readonly kind: "early" }
  /** A submission whose id is taken: by the same input (E1) or by another. */
  | { readonly kind: "duplicate"; readonly sameInput: boolean };

const NOTHING = new Uint8Array(0);

const IGNORED: FoldOutcome = { kind: "ignored" };
const EARLY: FoldOutcome = { kind: "early" };
const COUNTED: FoldOutcome = { kind: "counted", ready: [], ended: undefined, block: undefined };

export function fold(state: JournalState, event: JournalEvent): FoldOutcome {
  state.position++;
  switch (event.type) {
    case "epoch":
      state.epoch = event.epoch;
      return COUNTED;
    case "revision":
      addRevision(state, event.graph);
      return COUNTED;
    case "submit":
      return foldSubmit(state, event);
    case "done":
      return foldDone(state, event);
    case "fail":
      return foldFail(state, event);
    case "lease":
      return foldLease(state, event);
    case "cancel":
      return foldEnd(state, event);
    case "expire":
      return foldEnd(state, event);
    case "retry":
      return foldRetry(state, event);
    case "page":
      return foldPage(state, event);
    case "forget":
      return foldForget(state, event);
    case "release":
      return releaseRevision(state, event.revision) ? COUNTED : IGNORED;
    case "snapshot":
      state.snapshot = { number: event.number, through: event.through };
      return COUNTED;
  }
}

function foldSubmit(state: JournalState, event: SubmitEvent): FoldOutcome {
  const existing = state.jobs.get(event.job);
  if (existing !== undefined) return { kind: "duplicate", sameInput: existing.digest === event.digest };
  if (state.index.has(event.job)) return { kind: "duplicate", sameInput: true };
  const route = findRoute(state, event.revision, event.phase);
  if (route === undefined) return IGNORED;
  const job = newJob({
    id: event.job,
    route,
    input: event.input,
    digest: event.digest,
    submittedAt: event.at,
    wait: event.wait,
  });
  return open(state, job, event.at);
}

/** Opens a job whose `outputs` may already hold something (a retry), and readies what can start. */
function open(state: JournalState, job: Job, at: number): FoldOutcome {
  state.jobs.set(job.id, job);
  state.openJobs++;
  state.inlineBytes += inlineBytes(job.input);
  claimItems(state, job);
  for (const block of job.blocks) {
    if (block === undefined || job.outputs[block.stop.last] === undefined) continue;
    block.state = "done";
    job.blocksLeft--;
  }
  if (job.blocksLeft === 0)
    return { kind: "counted", ready: [], ended: end(state, job, { state: "done", at }), block: undefined };
  const ready = job.blocks.filter((block) => block?.state === "waiting" && makeReady(state, block, at));
  return { kind: "counted", ready: ready.filter((block) => block !== undefined), ended: undefined, block: undefined };
}

function makeReady(state: JournalState, block: Block, at: number): boolean {
  if (block.state !== "waiting" || !isStartConditionMet(block)) return false;
  block.state = "ready";
  block.position = state.position;
  block.readyAt = at;
  return true;
}

/** The block that a message of an execution is about, if what it says can still count: the block is open, and its lease is this one (E5). */
function countingBlock(
  state: JournalState,
  event: DoneEvent | FailEvent,
  group: number | undefined,
): Block | undefined {
  const block = group === undefined ? undefined : openJob(state, event.job)?.blocks[group];
  if (block?.state !== "ready") return undefined;
  return block.lease === undefined || block.lease === event.lease ? block : undefined;
}

function foldDone(state: JournalState, event: DoneEvent): FoldOutcome {
  const group = state.jobs.get(event.job)?.route.graph.modules[event.module]?.group;
  const block = countingBlock(state, event, group);
  if (block === undefined) return IGNORED;
  const { job } = block;
  if (job.outputs[event.module] !== undefined) return IGNORED; // E2
  if (isEarly(block, event.module)) return EARLY;
  block.lease = event.lease;
  job.outputs[event.module] = event.output;
  state.inlineBytes += inlineBytes(event.output);
  keepSpans(job, block, event);
  settleAggregate(state, job, event);
  const ready = (job.route.waiting[event.module] ?? []).flatMap((stop) =>
    readied(state, job.blocks[stop.group], event.at),
  );
  if (event.module === block.stop.last) {
    block.state = "done";
    job.blocksLeft--;
  }
  const ended = job.blocksLeft === 0 ? end(state, job, { state: "done", at: event.at }) : undefined;
  return { kind: "counted", ready, ended, block };
}

/** Whether a result that the block brings before this one is not there yet: the message that told it is lost or late. */
function isEarly({ job, stop }: Block, module: number): boolean {
  for (const result of stop.results) {
    if (result === module) return false;
    if (job.outputs[result] === undefined) return true;
  }
  return false;
}

function readied(state: JournalState, block: Block | undefined, at: number): Block[] {
  return block !== undefined && makeReady(state, block, at) ? [block] : [];
}

function settleAggregate(state: JournalState, job: Job, event: DoneEvent): void {
  const module = job.route.graph.modules[event.module];
  if (module?.aggregate !== true) return;
  if (job.route.phase === "run") {
    keepItem(state, module.name, { job: job.id, payload: event.output, claimedBy: null });
  } else {
    consumeItems(state, module.name, job.id);
  }
}

function foldFail(state: JournalState, event: FailEvent): FoldOutcome {
  const block = countingBlock(state, event, event.group);
  if (block === undefined) return IGNORED;
  const { job } = block;
  keepSpans(job, block, event);
  const attempt = attemptOf(block);
  if (event.charged) block.charged++;
  if (event.failure.kind === "terminal" || block.charged >= job.route.graph.jobs.maxAttempts) {
    const error = {
      ...event.failure,
      module: moduleName(job, event.module),
      group: block.stop.name,
      replica: event.replica,
      attempt,
    };
    return { kind: "counted", ready: [], ended: end(state, job, { state: "failed", at: event.at, error }), block };
  }
  block.lease = "";
  block.holder = undefined;
  block.notBefore = event.charged ? event.retryAt : 0;
  // An uncharged loss keeps its place in the order; an attempt that failed goes to the back (E7).
  if (event.charged) {
    block.position = state.position;
    block.readyAt = event.at;
  }
  return { kind: "counted", ready: [block], ended: undefined, block };
}

function foldLease(state: JournalState, event: LeaseEvent): FoldOutcome {
  const block = openJob(state, event.job)?.blocks[event.group];
  if (block?.state !== "ready") return IGNORED;
  block.lease = event.lease;
  block.holder = event.holder;
  return { kind: "counted", ready: [], ended: undefined, block };
}

function foldEnd(state: JournalState, event: CancelEvent | ExpireEvent): FoldOutcome {
  const job = openJob(state, event.job);
  if (job === undefined) return IGNORED; // E6: the first end won
  const reason: JobEnd =
    event.type === "cancel"
      ? { state: "cancelled", at: event.at, reason: event.reason }
      : {
          state: "failed",
          at: event.at,
          error: { ...event.failure, module: null, replica: null, attempt: null, group: groupName(job, event.group) },
        };
  return { kind: "counted", ready: [], ended: end(state, job, reason), block: undefined };
}

function moduleName(job: Job, module: number | null): string | null {
  return module === null ? null : (job.route.graph.modules[module]?.name ?? null);
}

function groupName(job: Job, group: number | null): string | null {
  return group === null ? null : (job.route.graph.groups[group]?.name ?? null);
}

function foldRetry(state: JournalState, event: RetryEvent): FoldOutcome {
  const existing = state.jobs.get(event.job);
  if (existing !== undefined && existing.end?.state !== "failed") return IGNORED;
  const route = findRoute(state, event.revision, event.phase);
  if (route === undefined) return IGNORED;
  if (existing !== undefined) leave(state, existing);
  state.index.delete(event.job);
  const { job: id, input, digest, submittedAt } = event;
  const job = newJob({ id, route, input, digest, submittedAt });
  for (const { module, output } of event.outputs) {
    job.outputs[module] = output;
    state.inlineBytes += inlineBytes(output);
  }
  // The executions of its former life no longer count (E5).
  for (const block of job.blocks) if (block !== undefined) block.lease = "";
  return open(state, job, event.at);
}

function foldPage(state: JournalState, event: PageEvent): FoldOutcome {
  const jobs = event.jobs.filter((id) => state.jobs.get(id)?.end !== undefined);
  for (const id of jobs) {
    const job = state.jobs.get(id);
    if (job !== undefined) leave(state, job);
  }
  addPage(state, { page: event.page, jobs, stored: event.stored, at: event.at });
  return COUNTED;
}

function foldForget(state: JournalState, event: ForgetEvent): FoldOutcome {
  while (state.pages[0] !== undefined && state.pages[0].page < event.below) {
    const page = state.pages.shift();
    for (const id of page?.jobs ?? []) if (state.index.get(id) === page?.page) state.index.delete(id);
  }
  return COUNTED;
}

function openJob(state: JournalState, id: string): Job | undefined {
  const job = state.jobs.get(id);
  return job?.end === undefined ? job : undefined;
}

function end(state: JournalState, job: Job, reason: JobEnd): Job {
  job.end = reason;
  state.openJobs--;
  state.totals[reason.state]++;
  state.ended.add(job.id);
  releaseItems(state, job);
  if (reason.state !== "failed") shed(state, job);
  return job;
}

/** E10: until its page is written, an ended job takes no more memory than its record will: only a failed one needs all for a retry. */
function shed(state: JournalState, job: Job): void {
  const kept = new Set(exposedModules(job));
  job.input = emptied(state, job.input);
  job.outputs.forEach((output, module) => {
    if (output !== undefined && !kept.has(module)) job.outputs[module] = emptied(state, output);
  });
}

function emptied(state: JournalState, payload: Payload): Payload {
  if (!isInline(payload)) return payload; // is still to be released
  state.inlineBytes -= inlineBytes(payload);
  return { kind: payload.kind, bytes: NOTHING };
}

/** E10: what is recorded elsewhere leaves the fold. */
function leave(state: JournalState, job: Job): void {
  state.jobs.delete(job.id);
  state.ended.delete(job.id);
  state.inlineBytes -= inlineBytes(job.input);
  for (const output of job.outputs) if (output !== undefined) state.inlineBytes -= inlineBytes(output);
}

function keepSpans(job: Job, block: Block, { replica, spans }: DoneEvent | FailEvent): void {
  const attempt = attemptOf(block);
  let readyAt = Math.max(block.readyAt, lastEnd(job, block, replica));
  for (const span of spans) {
    job.spans.push({
      module: span.module,
      startedAt: span.startedAt,
      endedAt: span.endedAt,
      replica,
      attempt,
      readyAt,
    });
    readyAt = span.endedAt;
  }
}

/** A later module of the block was ready when the one before it had ended, which an earlier message may have told. */
function lastEnd(job: Job, block: Block, replica: string): number {
  const earlier = job.spans.findLast(
    (span) => span.replica === replica && job.route.graph.modules[span.module]?.group === block.stop.group,
  );
  return earlier?.endedAt ?? 0;
}
