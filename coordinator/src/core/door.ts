/** What clients ask for. Refusals are answered at once; everything that changes something is answered when it is journalled (E1). */
import type { Payload, Phase } from "@troupe/protocol";
import type { Moment } from "./execution.ts";
import { answerRecorded, conflict, readOutcome, resubmitted } from "./commit.ts";
import { inlineBytes } from "./bytes.ts";
import type { Job } from "./job.ts";
import {
  append,
  heldBytes,
  reply,
  type Owner,
  type RecordUse,
  type Reply,
  type RefusalCode,
  type ReplyTo,
  type Waiter,
} from "./owner.ts";
import { announce, revisionForRetry } from "./revisions.ts";

export interface SubmitRequest {
  readonly operation: "submit";
  readonly id: string;
  readonly phase: Phase;
  readonly input: Payload;
  readonly digest: string;
  readonly reply: ReplyTo;
  /** Where the outcome goes when it comes; empty: nowhere. */
  readonly wait: ReplyTo;
  readonly timeline: boolean;
  /** The reply that it is journalled may come late, and not at all once the outcome has gone to `wait`. */
  readonly late?: boolean;
}

export interface WaitRequest {
  readonly operation: "wait";
  readonly ids: readonly string[];
  readonly reply: ReplyTo;
  readonly timeline: boolean;
  /** Whether to answer "pending" when the time is over. */
  readonly sayPending: boolean;
}

export interface JobRequest {
  readonly operation: "status" | "result" | "timeline" | "cancel" | "retry";
  readonly id: string;
  readonly reply: ReplyTo;
  /** Why it is cancelled, for the record. */
  readonly reason?: string;
}

export type DoorRequest = SubmitRequest | WaitRequest | JobRequest;

export const JOB_ID = /^[A-Za-z0-9_-]{1,64}$/;

export function knock(owner: Owner, request: DoorRequest, now: Moment): void {
  switch (request.operation) {
    case "submit":
      submit(owner, request, now);
      return;
    case "wait":
      for (const id of request.ids) wait(owner, id, request, now);
      return;
    case "cancel":
      cancel(owner, request, now);
      return;
    case "retry":
      retry(owner, request, now);
      return;
    case "status":
    case "result":
    case "timeline":
      look(owner, request);
      return;
  }
}

function submit(owner: Owner, request: SubmitRequest, now: Moment): void {
  const { id, phase, input, digest, reply: to } = request;
  const waiter: Waiter | undefined =
    request.wait === ""
      ? undefined
      : { to: request.wait, timeline: request.timeline, until: now.mono + owner.settings.waitMs, sayPending: false };
  if (!JOB_ID.test(id)) {
    reply(
      owner,
      to,
      refusal("InvalidJobId", `${JSON.stringify(id)} is no job id`, "use 1 to 64 letters, digits, _ or -"),
    );
    return;
  }
  if (answerKnown(owner, request, waiter)) return;
  const refused = suspension(owner) ?? admission(owner, phase);
  if (refused !== undefined) {
    reply(owner, to, { ...refused, id });
    return;
  }
  const { current } = owner;
  if (current === undefined) {
    reply(owner, to, { ...refusal("NoRevision", "the pipeline has no revision yet", "apply the pipeline first"), id });
    return;
  }
  announce(owner, current);
  owner.submitting++;
  owner.submittingBytes += inlineBytes(input);
  const listener = waiter === undefined ? {} : { wait: { to: waiter.to, timeline: waiter.timeline } };
  append(
    owner,
    { type: "submit", job: id, revision: current.id, phase, input, digest, at: now.wall, ...listener },
    { reply: to, ...(waiter === undefined ? {} : { wait: waiter, late: request.late === true }) },
  );
}

/** E1: the same id again is the same job. */
function answerKnown(owner: Owner, request: SubmitRequest, waiter: Waiter | undefined): boolean {
  const { id, digest, reply: to } = request;
  const job = owner.state.jobs.get(id);
  if (job !== undefined && job.digest !== digest) {
    reply(owner, to, conflict(id));
    return true;
  }
  if (job === undefined) return answerRecorded(owner, { id, digest, reply: to, wait: waiter });
  reply(owner, to, { kind: "accepted", id, revision: job.route.graph.id });
  if (waiter === undefined) return true;
  if (job.end !== undefined) reply(owner, waiter.to, { kind: "outcome", job, timeline: waiter.timeline });
  else addWaiter(owner, id, waiter);
  return true;
}

/** What is open goes on to its end; nothing is begun. */
function suspension({ control }: Owner): Extract<Reply, { kind: "refused" }> | undefined {
  if (!control.suspended) return undefined;
  return refusal("Suspended", "the pipeline is suspended", "resume it: set `suspend: false`");
}

/** What aggregates may hold of the memory that open jobs and aggregates share. */
const AGGREGATES_SHARE = 0.5;

/** E10: what bounds the number and the size of open jobs. */
function admission(owner: Owner, phase: Phase): Extract<Reply, { kind: "refused" }> | undefined {
  const limit = owner.current?.jobs.maxInFlight ?? Infinity;
  if (owner.state.openJobs + owner.submitting >= limit) {
    return {
      ...refusal(
        "TooManyJobs",
        `${limit} jobs are open, the most that jobs.maxInFlight allows`,
        "submit again when some have ended, or raise jobs.maxInFlight",
      ),
      retryAfterMs: 100,
    };
  }
  // Brings nothing, and makes room: refused for want of room, it could never be run.
  return phase === "process" ? undefined : roomFor(owner);
}

/** What a pipeline may hold whatever others hold, so that none of them can keep it from running; and at most this part of what all may. */
const OWN_BYTES = 4 * 1024 * 1024;
const OWN_PART = 8;

function roomFor(owner: Owner): Extract<Reply, { kind: "refused" }> | undefined {
  const { state, settings, full } = owner;
  const { maxInlineBytes, maxProcessBytes } = settings;
  const held = heldBytes(owner);
  if (state.itemBytes > maxInlineBytes * AGGREGATES_SHARE) {
    // Nobody knows when somebody will: waiting is no cure.
    return refusal(
      "AggregateFull",
      `the pipeline's aggregates hold more than ${inMebibytes(maxInlineBytes * AGGREGATES_SHARE)}`,
      "run `process`, which empties them",
    );
  }
  if (held > maxInlineBytes) {
    const message = `open jobs and aggregates hold more than ${inMebibytes(maxInlineBytes)}`;
    return { ...refusal("TooManyJobs", message, "submit again when some have ended"), retryAfterMs: 1_000 };
  }
  if (held > Math.min(OWN_BYTES, maxProcessBytes / OWN_PART) && held + owner.elsewhereBytes > maxProcessBytes) {
    const message = `the pipelines of this coordinator hold more than ${inMebibytes(maxProcessBytes)} together`;
    return { ...refusal("TooManyJobs", message, "submit again when some have ended"), retryAfterMs: 1_000 };
  }
  if (full !== undefined) {
    return {
      ...refusal(
        "StreamFull",
        full,
        "give the NATS server more storage, or wait until records expire; nothing that was accepted is lost",
      ),
      retryAfterMs: 5_000,
    };
  }
  return undefined;
}

function inMebibytes(bytes: number): string {
  const mebibytes = bytes / 1024 / 1024;
  return `${mebibytes < 10 ? mebibytes.toFixed(1) : Math.round(mebibytes)} MiB`;
}

function wait(owner: Owner, id: string, request: WaitRequest, now: Moment): void {
  const { reply: to, timeline, sayPending } = request;
  const job = owner.state.jobs.get(id);
  if (job?.end !== undefined) reply(owner, to, { kind: "outcome", job, timeline });
  else if (job !== undefined)
    addWaiter(owner, id, { to, timeline, until: now.mono + owner.settings.waitMs, sayPending });
  else if (owner.state.index.has(id)) readOutcome(owner, id, to, timeline);
  else reply(owner, to, unknown(id));
}

/** A renewed wait replaces the one that it renews. */
function addWaiter(owner: Owner, id: string, waiter: Waiter): void {
  const others = (owner.waiters.get(id) ?? []).filter(({ to }) => to !== waiter.to);
  owner.waiters.set(id, [...others, waiter]);
}

function look(owner: Owner, { operation, id, reply: to }: JobRequest): void {
  const job = owner.state.jobs.get(id);
  if (job !== undefined) {
    reply(owner, to, answerOf(job, operation));
    return;
  }
  const kind = operation === "status" || operation === "timeline" ? operation : "outcome";
  readRecord(owner, id, { kind, reply: to, timeline: operation === "timeline" });
}

function answerOf(job: Job, operation: JobRequest["operation"]): Reply {
  if (operation === "status") return { kind: "status", job };
  if (operation === "timeline") return { kind: "timeline", job };
  return job.end === undefined ? { kind: "pending", id: job.id } : { kind: "outcome", job, timeline: false };
}

/** E6: cancel and result race in the journal. */
function cancel(owner: Owner, { id, reply: to, reason }: JobRequest, now: Moment): void {
  const job = owner.state.jobs.get(id);
  if (job === undefined) readRecord(owner, id, { kind: "cancel", reply: to, timeline: false });
  else if (job.end !== undefined) reply(owner, to, { kind: "state", id, state: job.end.state });
  else
    append(owner, { type: "cancel", job: id, reason: reason ?? "cancelled by a client", at: now.wall }, { reply: to });
}

function retry(owner: Owner, { id, reply: to }: JobRequest, now: Moment): void {
  const refused = suspension(owner);
  if (refused !== undefined) {
    reply(owner, to, { ...refused, id });
    return;
  }
  const job = owner.state.jobs.get(id);
  if (job === undefined) readRecord(owner, id, { kind: "retry", reply: to, page: owner.state.index.get(id) });
  else if (job.end?.state === "failed") retryJob(owner, job, to, now);
  else reply(owner, to, notFailed(id, job.end?.state ?? "running"));
}

/** What of a failed job a retry needs; a recorded one is read back into this shape. */
export type FailedJob = Pick<Job, "id" | "input" | "digest" | "submittedAt" | "outputs" | "route">;

/** A failed job goes on from the module that failed, and what is journalled of it is kept; or it begins anew on another revision. */
export function retryJob(owner: Owner, job: FailedJob, to: ReplyTo, now: Moment): void {
  const { id, input, digest, submittedAt, route } = job;
  const graph = revisionForRetry(owner, job);
  const kept = graph.id === route.graph.id ? job.outputs : [];
  const outputs = kept.flatMap((output, module) => (output === undefined ? [] : [{ module, output }]));
  const bytes = outputs.reduce((sum, { output }) => sum + inlineBytes(output), inlineBytes(input));
  if (bytes > owner.settings.maxMessageBytes) {
    const message = `what is kept of job ${id} is ${bytes} bytes, more than one message of the journal may carry, until it is stored apart`;
    reply(owner, to, {
      ...refusal("PayloadTooLarge", message, "ask again: it is stored with the job's record"),
      id,
      retryAfterMs: owner.settings.pageMs,
    });
    return;
  }
  announce(owner, graph);
  owner.retriesUnderWay.add(id);
  append(
    owner,
    {
      type: "retry",
      job: id,
      revision: graph.id,
      phase: route.phase,
      input,
      digest,
      submittedAt,
      outputs,
      at: now.wall,
    },
    { reply: to },
  );
}

function readRecord(owner: Owner, id: string, use: RecordUse): void {
  const page = owner.state.index.get(id);
  if (page === undefined) reply(owner, use.reply, unknown(id));
  else owner.commands.push({ kind: "read-record", page, job: id, use });
}

/** What a recorded job was looked up for can go on: its page was read. `job`: undefined when the page has no such job. */
export function recorded(
  owner: Owner,
  found: { readonly id: string; readonly job: Job | undefined; readonly use: RecordUse },
  now: Moment,
): void {
  const { id, job, use } = found;
  if (job === undefined) {
    // Its record may have expired while the page was read.
    if (owner.state.index.has(id)) unreadable(owner, { id, use, why: "its page is gone from the records stream" });
    else reply(owner, use.reply, unknown(id));
    return;
  }
  const state = job.end?.state ?? "done";
  switch (use.kind) {
    case "retry":
      // Meanwhile another retry may have made the page old: the job has gone on since, and may have ended again (E6).
      if (owner.state.index.get(id) !== use.page) retry(owner, { operation: "retry", id, reply: use.reply }, now);
      else if (state === "failed") retryJob(owner, job, use.reply, now);
      else reply(owner, use.reply, notFailed(id, state));
      return;
    case "resubmission":
      resubmitted(owner, job, use);
      return;
    case "cancel":
      reply(owner, use.reply, { kind: "state", id, state });
      return;
    case "outcome":
    case "status":
    case "timeline":
      reply(owner, use.reply, { kind: use.kind, job, timeline: use.timeline });
  }
}

/** The page of a recorded job cannot be read. @param failed `retryAfterMs`: when it may be readable again; undefined: never. */
export function unreadable(
  owner: Owner,
  failed: { readonly id: string; readonly use: RecordUse; readonly why: string; readonly retryAfterMs?: number },
): void {
  const { id, use, why, retryAfterMs } = failed;
  const hint =
    retryAfterMs === undefined
      ? "restore the NATS server's storage from a backup, or submit the input as a new job; other jobs are not concerned"
      : "ask again; NATS did not answer in time";
  reply(owner, use.reply, {
    ...refusal("RecordUnreadable", `the record of job ${id} cannot be read: ${why}`, hint),
    id,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

export function unknown(id: string): Reply {
  return {
    ...refusal(
      "JobNotFound",
      `there is no job ${id}`,
      "it was never submitted here, or its record has expired (jobs.keepResultsSeconds)",
    ),
    id,
  };
}

export function notFailed(id: string, state: string): Reply {
  return {
    ...refusal("NotFailed", `job ${id} is ${state}; only a failed job can be retried`, "submit its input as a new job"),
    id,
  };
}

function refusal(
  code: RefusalCode,
  message: string,
  hint: string,
): { kind: "refused"; code: RefusalCode; message: string; hint: string } {
  return { kind: "refused", code, message, hint };
}
