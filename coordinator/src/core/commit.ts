/** What the journal took is folded, and has its effects: acknowledgements, ready blocks, ends, replies. Nothing is said before (E1, E3). */
import { isInline, placeOf, type Payload } from "@troupe/protocol";
import type { DoneEvent, FailEvent, JournalEvent, LeaseEvent, Listener, SubmitEvent } from "./events.ts";
import type { Moment } from "./execution.ts";
import { dispatchGroup, dropExecution, enqueue, sendRun } from "./dispatch.ts";
import { recordBytes } from "./job-codec.ts";
import { fold, type FoldOutcome } from "./fold.ts";
import { jobOfBlob, leavingWith, nobodys } from "./release.ts";
import type { Block, Job } from "./job.ts";
import { reopen } from "./replicas.ts";
import { endedBytes, writePage } from "./tick.ts";
import {
  arrived,
  groupState,
  reply,
  resultKey,
  send,
  type AppendContext,
  type Owner,
  type RecordUse,
  type Waiter,
} from "./owner.ts";

export interface Committed {
  readonly event: JournalEvent;
  readonly context: AppendContext;
}

/** Takes the events of one frame, in order. */
export function commit(owner: Owner, entries: readonly Committed[], now: Moment): void {
  const touched = new Set<string>();
  for (const entry of entries) commitOne(owner, entry, touched, now);
  for (const name of touched) dispatchGroup(owner, groupState(owner, name), now);
  writePage(owner, now);
}

/** @param touched groups in which something may be dispatched afterwards. */
function commitOne(owner: Owner, { event, context }: Committed, touched: Set<string>, now: Moment): void {
  const leaving = leavingWith(owner.state, event);
  const group = groupOfLease(owner, event);
  const outcome = fold(owner.state, event);
  for (const id of nobodys(owner.state, leaving))
    if (!owner.retriesUnderWay.has(jobOfBlob(id))) owner.commands.push({ kind: "purge-blob", id, place: undefined });
  if (group !== undefined) touched.add(group);
  effects(owner, { event, context }, outcome, now);
  if (outcome.kind !== "counted") return;
  // An execution that had been given up for lost may end the block after all.
  if (outcome.block?.state === "done") withdraw(owner, outcome.block);
  // Only now: a block whose execution failed can be queued once that execution is settled.
  for (const block of outcome.ready) {
    enqueue(owner, block, now);
    touched.add(block.stop.name);
  }
  if (outcome.ended !== undefined) finish(owner, outcome.ended, touched, now);
}

/** Where something may be waiting for the execution that the event is about. */
function groupOfLease(owner: Owner, event: JournalEvent): string | undefined {
  if (event.type !== "fail" && event.type !== "lease") return undefined;
  return owner.executions.get(event.lease)?.block.stop.name;
}

function effects(owner: Owner, { event, context }: Committed, outcome: FoldOutcome, now: Moment): void {
  switch (event.type) {
    case "submit":
      answerSubmission(owner, { event, context }, outcome, now);
      return;
    case "done":
    case "fail":
      if (event.type === "done") owner.resultsUnderWay.delete(resultKey(event.lease, event.module));
      if (outcome.kind === "early") reopen(owner, event.lease, now);
      else settleExecution(owner, event, context, now);
      return;
    case "lease":
      startRedispatch(owner, event, outcome, now);
      return;
    case "cancel":
    case "expire":
      if (context.reply !== undefined) answerState(owner, event.job, context.reply);
      return;
    case "retry":
      owner.retriesUnderWay.delete(event.job);
      if (context.reply !== undefined) answerState(owner, event.job, context.reply);
      return;
    case "page":
      owner.pageUnderWay = false;
      owner.endedSince = owner.state.ended.size > 0 ? now.mono : 0;
      owner.endedBytes = endedBytes(owner);
      return;
    case "forget":
      owner.forgetUnderWay = false;
      owner.commands.push({ kind: "purge-pages", below: event.below });
      return;
    case "epoch":
    case "revision":
    case "release":
    case "snapshot":
      return;
  }
}

interface JournalledSubmission {
  readonly event: SubmitEvent;
  readonly context: AppendContext;
}

function answerSubmission(
  owner: Owner,
  { event, context }: JournalledSubmission,
  outcome: FoldOutcome,
  now: Moment,
): void {
  arrived(owner, event);
  const { reply: to = "", wait } = context;
  if (outcome.kind === "duplicate" && !outcome.sameInput) {
    reply(owner, to, conflict(event.job));
    return;
  }
  if (outcome.kind === "ignored") {
    reply(owner, to, {
      kind: "refused",
      id: event.job,
      code: "NoRevision",
      message: "the pipeline's revision is gone",
      hint: "submit again",
    });
    return;
  }
  const job = owner.state.jobs.get(event.job);
  if (job === undefined) {
    answerRecorded(owner, { id: event.job, digest: event.digest, reply: to, wait });
    return;
  }
  if (context.late === true && outcome.kind === "counted") owner.lateAccepts.set(job.id, { to, since: now.mono });
  else reply(owner, to, { kind: "accepted", id: event.job, revision: job.route.graph.id });
  if (wait !== undefined) listen(owner, job, wait, outcome.kind === "duplicate");
}

/** A job that this very event ended (nothing to run) is answered by `finish`, which follows. */
function listen(owner: Owner, job: Job, wait: Waiter, isDuplicate: boolean): void {
  if (job.end !== undefined && isDuplicate) reply(owner, wait.to, { kind: "outcome", job, timeline: wait.timeline });
  else owner.waiters.set(job.id, [...(owner.waiters.get(job.id) ?? []), wait]);
}

interface Resubmission {
  readonly id: string;
  readonly digest: string;
  readonly reply: string;
  readonly wait: Listener | undefined;
}

/** E1: a job that is only a record has kept its digest there. @returns whether there is such a record. */
export function answerRecorded(owner: Owner, submission: Resubmission): boolean {
  const { id: job, digest, reply: to, wait } = submission;
  const page = owner.state.index.get(job);
  if (page === undefined) return false;
  owner.commands.push({ kind: "read-record", page, job, use: { kind: "resubmission", reply: to, digest, wait } });
  return true;
}

/** The record of a job that was submitted again is there. */
export function resubmitted(
  owner: Owner,
  job: Job,
  { reply: to, digest, wait }: Extract<RecordUse, { kind: "resubmission" }>,
): void {
  if (job.digest !== digest) {
    reply(owner, to, conflict(job.id));
    return;
  }
  reply(owner, to, { kind: "accepted", id: job.id, revision: job.route.graph.id });
  if (wait !== undefined) reply(owner, wait.to, { kind: "outcome", job, timeline: wait.timeline });
}

export function readOutcome(owner: Owner, job: string, to: string, timeline: boolean): void {
  const page = owner.state.index.get(job);
  if (page !== undefined)
    owner.commands.push({ kind: "read-record", page, job, use: { kind: "outcome", reply: to, timeline } });
}

export function conflict(id: string): {
  kind: "refused";
  id: string;
  code: "JobConflict";
  message: string;
  hint: string;
} {
  return {
    kind: "refused",
    id,
    code: "JobConflict",
    message: `job ${id} was submitted before with another input`,
    hint: "use a new Troupe-Job-Id for a new input; the same id stands for the same job",
  };
}

/** E3: the replica may forget it, whether it counted or came too late. */
function settleExecution(owner: Owner, event: DoneEvent | FailEvent, { from }: AppendContext, now: Moment): void {
  const module = event.type === "done" ? event.module : -1;
  if (from !== undefined) send(owner, from, { type: "ack", what: [{ lease: event.lease, module }] });
  const execution = owner.executions.get(event.lease);
  // One that is still `sent` was adopted after its last message had been heard.
  if (execution === undefined || execution.phase === "leasing") return;
  if (module !== -1 && module !== execution.block.stop.last) return;
  dropExecution(owner, execution);
  // Whether it counted or not: a block that is not done needs another execution.
  execution.block.inherited = true;
  enqueue(owner, execution.block, now);
}

function startRedispatch(owner: Owner, { lease }: LeaseEvent, outcome: FoldOutcome, now: Moment): void {
  const execution = owner.executions.get(lease);
  if (execution?.phase !== "leasing") return;
  if (outcome.kind === "counted" && execution.block.execution === execution) sendRun(owner, execution, now);
  else dropExecution(owner, execution);
}

function answerState(owner: Owner, id: string, to: string): void {
  const job = owner.state.jobs.get(id);
  const page = owner.state.index.get(id);
  if (job !== undefined) reply(owner, to, { kind: "state", id, state: job.end?.state ?? "running" });
  else if (page !== undefined)
    owner.commands.push({ kind: "read-record", page, job: id, use: { kind: "cancel", reply: to, timeline: false } });
}

/** E6, E9: the job is over. Its waiters learn it, its other executions end, what nobody needs any more is released. */
function finish(owner: Owner, job: Job, touched: Set<string>, now: Moment): void {
  for (const waiter of owner.waiters.get(job.id) ?? [])
    reply(owner, waiter.to, { kind: "outcome", job, timeline: waiter.timeline });
  owner.waiters.delete(job.id);
  owner.lateAccepts.delete(job.id);
  for (const block of job.blocks) if (block !== undefined) stopBlock(owner, block, touched);
  releaseIntermediates(owner, job);
  if (owner.endedSince === 0) owner.endedSince = now.mono;
  owner.endedBytes += recordBytes(job);
}

/** Nobody is to be found for the block any more. */
function withdraw(owner: Owner, block: Block): void {
  owner.delayed.delete(block);
  owner.unclaimed.delete(block);
  owner.groups.get(block.stop.name)?.queues.get(block.stop.templateHash)?.remove(block);
}

function stopBlock(owner: Owner, block: Block, touched: Set<string>): void {
  const { execution } = block;
  withdraw(owner, block);
  if (execution === undefined || execution.phase === "ending") return;
  if (execution.phase === "sent")
    send(owner, execution.replica, {
      type: "cancel",
      lease: execution.lease,
      reason: `job ${block.job.end?.state ?? "ended"}`,
    });
  dropExecution(owner, execution);
  touched.add(block.stop.name);
}

/** Stored payloads that are not part of the job's result; a failed job keeps them for a retry. */
function releaseIntermediates(owner: Owner, job: Job): void {
  if (job.end?.state === "failed") return;
  job.outputs.forEach((output, module) => {
    const compiled = job.route.graph.modules[module];
    const isKept = compiled?.expose !== null || compiled.aggregate;
    if (output !== undefined && !isKept) release(owner, output);
  });
  release(owner, job.input);
}

function release(owner: Owner, payload: Payload): void {
  if (isInline(payload)) return;
  owner.commands.push({ kind: "purge-blob", id: payload.ref.id, place: placeOf(payload.ref) });
}
