/** What agents say. Every result goes to the journal, whose order decides whether it counts (E2, E5). */
import type { Done, Fail, Failure, HandBack, Progress, Speaker, UpBatch, UpMessage } from "@troupe/protocol";
import type { Execution, Moment } from "./execution.ts";
import { backoffMs } from "./backoff.ts";
import { dispatchGroup, dropExecution, enqueue, freePermit, isOnceOnly } from "./dispatch.ts";
import type { Block } from "./job.ts";
import { noteProblem } from "./load.ts";
import { append, groupState, resultKey, send, type Owner } from "./owner.ts";
import { heardBeat, heardGone } from "./replicas.ts";

export function hear(owner: Owner, { from, messages }: UpBatch, now: Moment): void {
  for (const message of messages) hearOne(owner, from, message, now);
  dispatchGroup(owner, groupState(owner, from.group), now);
}

function hearOne(owner: Owner, from: Speaker, message: UpMessage, now: Moment): void {
  switch (message.type) {
    case "beat":
      heardBeat(owner, from, message, now);
      return;
    case "done":
      heardDone(owner, from, message, now);
      return;
    case "fail":
      heardFail(owner, from, message, now);
      return;
    case "back":
      heardBack(owner, from, message, now);
      return;
    case "gone":
      heardGone(owner, from, message.reason, now);
      return;
    case "progress":
      heardProgress(owner, message);
      return;
  }
}

function heardDone(owner: Owner, from: Speaker, message: Done, now: Moment): void {
  const { job: id, lease, module } = message;
  const job = owner.state.jobs.get(id);
  if (job === undefined || job.end !== undefined || job.outputs[module] !== undefined) {
    acknowledge(owner, from, lease, module); // E2: it has come before, or too late
    const execution = owner.executions.get(lease);
    if (message.last && execution?.phase === "sent") dropExecution(owner, execution);
    return;
  }
  if (isFirstOnItsWay(owner, resultKey(lease, module))) journal(owner, from, message, now);
}

function journal(owner: Owner, from: Speaker, message: Done, now: Moment): void {
  const { job, lease, module, spans, output } = message;
  const execution = owner.executions.get(lease);
  if (message.last && execution?.phase === "sent") {
    execution.phase = "ending";
    freePermit(execution); // the permit need not wait for the disk
    noteDuration(owner, from.group, message);
  }
  append(
    owner,
    { type: "done", job, module, lease, replica: from.replica, output, spans, at: now.wall },
    { from: origin(from) },
  );
}

/** What is sent again because the journal takes its time is not written once more: it would take longer still, and so on (E10). */
function isFirstOnItsWay({ resultsUnderWay }: Owner, key: string): boolean {
  if (resultsUnderWay.has(key)) return false;
  resultsUnderWay.add(key);
  return true;
}

/** Weight of the newest block in the moving average. */
const NEWEST = 0.2;

function noteDuration(owner: Owner, name: string, { spans }: Done): void {
  const [first] = spans;
  const last = spans.at(-1);
  if (first === undefined || last === undefined) return;
  const group = groupState(owner, name);
  const took = Math.max(0, last.endedAt - first.startedAt);
  group.blockMs = group.blockMs === undefined ? took : group.blockMs + NEWEST * (took - group.blockMs);
}

/** Not journalled: whoever asks for the job's status is told, and watchers hear it from the agent themselves. */
function heardProgress(owner: Owner, { lease, module, fraction, message }: Progress): void {
  const execution = owner.executions.get(lease);
  if (execution?.phase !== "sent") return;
  execution.progress ??= new Map();
  execution.progress.set(module, {
    fraction,
    message: message === null ? null : cut(message, PROGRESS_LENGTH),
  });
}

function heardFail(owner: Owner, from: Speaker, message: Fail, now: Moment): void {
  const { job: id, lease } = message;
  const execution = owner.executions.get(lease);
  const block = execution?.block ?? findBlock(owner, id, from.group);
  noteHostDeath(owner, from, message.failure, now);
  if (execution?.phase === "sent") {
    execution.phase = "ending";
    freePermit(execution);
  }
  if (block === undefined || block.job.end !== undefined) {
    acknowledge(owner, from, lease, -1);
    if (execution !== undefined) dropExecution(owner, execution);
    return;
  }
  fail(owner, block, { ...message, replica: from.replica, from: origin(from) }, now);
}

/** A host that died is replaced within the replica, which is ready again soon: whoever looks for the cause has to be told. */
function noteHostDeath(owner: Owner, from: Speaker, { code, message }: Failure, now: Moment): void {
  if (code !== "HostExited" && code !== "HostOutOfMemory" && code !== "HostUnresponsive") return;
  noteProblem(groupState(owner, from.group), { replica: from.replica, code, message, at: now.wall });
}

type Loss = Pick<Fail, "lease" | "module" | "failure" | "fault" | "spans"> & {
  readonly replica: string;
  /** Who is to be told when it is journalled. */
  readonly from?: { readonly group: string; readonly name: string };
};

/** Journals that an execution failed or was lost. What is shared is not charged, but makes the block a suspect (E9). */
export function fail(owner: Owner, block: Block, loss: Loss, now: Moment): void {
  const charged = loss.fault === "own" || isOnceOnly(block);
  if (!charged) block.suspect = true;
  const { lease, module, failure, replica, spans, from } = loss;
  append(
    owner,
    {
      type: "fail",
      job: block.job.id,
      group: block.stop.group,
      module,
      lease,
      replica,
      failure: bounded(failure),
      charged,
      retryAt: now.wall + backoffMs(block.job.route.graph.jobs.backoff, block.charged, owner.random()),
      spans,
      at: now.wall,
    },
    from === undefined ? {} : { from },
  );
}

/** Characters of a message and of a stack that are kept (E10): what users throw may be of any size, an event may not. */
const MESSAGE_LENGTH = 4_096;
const STACK_LENGTH = 16_384;
const PROGRESS_LENGTH = 256;

function bounded(failure: Failure): Failure {
  const { message, stack } = failure;
  if (message.length <= MESSAGE_LENGTH && (stack === undefined || stack.length <= STACK_LENGTH)) return failure;
  return {
    ...failure,
    message: cut(message, MESSAGE_LENGTH),
    ...(stack === undefined ? {} : { stack: cut(stack, STACK_LENGTH) }),
  };
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)}… (${text.length - length} more characters)`;
}

/** Given back unfinished: uncharged, and back to its place, unless it must not run a second time (E2). */
function heardBack(owner: Owner, from: Speaker, { lease, started }: HandBack, now: Moment): void {
  const execution = owner.executions.get(lease);
  // Another process of the same name knows nothing of what this one has done.
  if (execution !== undefined && isOnceOnly(execution.block) && execution.replica.instance !== from.instance) return;
  if (execution?.phase === "sent" && started && isOnceOnly(execution.block)) {
    execution.phase = "ending";
    freePermit(execution);
    const failure = {
      code: "ReplicaLost",
      kind: "terminal",
      message: `replica ${from.replica} left while the block ran, and maxAttempts is 1`,
    } as const;
    fail(
      owner,
      execution.block,
      { lease, module: null, failure, fault: "own", replica: from.replica, spans: [], from: origin(from) },
      now,
    );
    return;
  }
  acknowledge(owner, from, lease, -1);
  if (execution !== undefined) requeue(owner, execution, now);
}

/** The execution is over without a result and without blame: its block goes back to its place in the order (E7). */
export function requeue(owner: Owner, execution: Execution, now: Moment): void {
  const { block } = execution;
  dropExecution(owner, execution);
  block.inherited = true; // the next dispatch is a redispatch (E5)
  enqueue(owner, block, now);
}

export function findBlock(owner: Owner, job: string, group: string): Block | undefined {
  return owner.state.jobs.get(job)?.blocks.find((block) => block?.stop.name === group);
}

function acknowledge(owner: Owner, from: Speaker, lease: string, module: number): void {
  send(owner, origin(from), { type: "ack", what: [{ lease, module }] });
}

function origin(from: Speaker): { group: string; name: string } {
  return { group: from.group, name: from.replica };
}
