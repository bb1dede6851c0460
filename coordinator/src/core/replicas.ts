/**
 * Who is there, and what becomes of an execution whose replica is not. An execution belongs to a lease; beats say which leases live (E5),
 * and a death charges only who must have caused it (E9).
 */
import type { Beat, Failure, Lease, Speaker } from "@troupe/protocol";
import type { Execution, Moment, Replica } from "./execution.ts";
import { dispatchGroup, freePermit, isOnceOnly } from "./dispatch.ts";
import { noteProblem } from "./load.ts";
import { groupState, log, queueOf, send, type GroupState, type Owner } from "./owner.ts";
import type { Block } from "./job.ts";
import { announced } from "./takeover.ts";
import { fail, findBlock, requeue } from "./uplink.ts";

/** After so many beats without it and without an answer to a recall nobody can say any more what became of an execution. */
const RECALLS = 10;

/** An execution that was sent less than this long ago may simply not have arrived when the beat was made. */
const IN_FLIGHT_MS = 1_000;

export function heardBeat(owner: Owner, from: Speaker, beat: Beat, now: Moment): void {
  if (now.mono < (groupState(owner, from.group).ended.get(from.instance) ?? 0)) return; // overtaken by its successor, or by the word of its end
  const replica = recognise(owner, from, beat, now);
  replica.lastBeat = now.mono;
  if (beat.problem !== undefined && replica.problem?.message !== beat.problem.message)
    troubled(owner, replica, beat.problem, now);
  replica.state = beat.state;
  replica.permits = beat.permits;
  replica.templateHash = beat.templateHash;
  replica.problem = beat.problem;
  const listed = new Set<string>();
  for (const { job, lease } of beat.executions) {
    listed.add(lease);
    if (!owner.executions.has(lease)) adoptOrCancel(owner, replica, { job, lease }, now);
  }
  missExecutions(owner, replica, listed, now);
  announced(owner, `${from.group}/${from.replica}`, now);
}

function troubled(owner: Owner, replica: Replica, { code, message }: Failure, now: Moment): void {
  const { group, name } = replica;
  log(owner, "warn", "replica is not ready", { group, replica: name, problem: message });
  replica.problemAt = now.wall;
  noteProblem(groupState(owner, group), { replica: name, code, message, at: now.wall });
}

function recognise(owner: Owner, from: Speaker, beat: Beat, now: Moment): Replica {
  const group = groupState(owner, from.group);
  const known = group.replicas.get(from.replica);
  if (known?.instance === from.instance) return known;
  if (known !== undefined) {
    noteEnd(owner, group, known.instance, now);
    lose(owner, known, "its process was replaced by a new one", now);
  }
  const { state, permits, templateHash } = beat;
  const replica: Replica = {
    group: from.group,
    name: from.replica,
    instance: from.instance,
    state,
    permits,
    templateHash,
    lastBeat: now.mono,
    executions: new Map(),
    exclusive: false,
    problem: undefined,
    problemAt: 0,
  };
  group.replicas.set(from.replica, replica);
  return replica;
}

/** A replica works on something that this owner did not send: a former owner's, which may go on, or something that no longer counts. */
function adoptOrCancel(owner: Owner, replica: Replica, { job, lease }: Beat["executions"][number], now: Moment): void {
  const block = findBlock(owner, job, replica.group);
  const isWanted =
    block?.state === "ready" &&
    block.job.end === undefined &&
    block.execution === undefined &&
    (block.lease === undefined || block.lease === lease);
  if (!isWanted) {
    send(owner, replica, { type: "cancel", lease, reason: "this execution no longer counts" });
    return;
  }
  adopt(owner, { block, lease, replica }, now);
}

/** What a former owner sent is this one's to follow. */
function adopt(
  owner: Owner,
  { block, lease, replica }: Pick<Execution, "block" | "lease" | "replica">,
  now: Moment,
): Execution {
  const execution: Execution = {
    lease,
    block,
    replica,
    phase: "sent",
    sentAt: now.mono,
    missedBeats: 0,
    progress: undefined,
  };
  block.execution = execution;
  owner.executions.set(lease, execution);
  replica.executions.set(lease, execution);
  owner.unclaimed.delete(block);
  owner.delayed.delete(block);
  queueOf(groupState(owner, replica.group), block.stop.templateHash).remove(block);
  return execution;
}

/**
 * A once-only block that a former owner has leased, and that no beat lists: it may be on its way still, or was never sent (E2, E5).
 *
 * @returns `asked`: its replica is to say whether it ever came. `silent`: its replica may yet announce itself. `lost`: nobody can say any more.
 */
export function seekHolder(owner: Owner, block: Block, now: Moment): "asked" | "silent" | "lost" {
  const { lease, holder, stop } = block;
  if (lease === undefined || holder === undefined) return "lost";
  const { replicas, ended } = groupState(owner, stop.name);
  const replica = replicas.get(holder.replica);
  if (replica === undefined && !ended.has(holder.instance)) return now.mono < owner.holdersUntil ? "silent" : "lost";
  if (replica?.instance !== holder.instance) return "lost";
  recall(owner, adopt(owner, { block, lease, replica }, now));
  return "asked";
}

/** Missing from two beats in a row: it was never received. Uncharged, sent again; but once only where that must be sure (E2). */
function missExecutions(owner: Owner, replica: Replica, listed: ReadonlySet<string>, now: Moment): void {
  for (const execution of [...replica.executions.values()]) {
    if (execution.phase !== "sent" || listed.has(execution.lease)) {
      execution.missedBeats = 0;
      continue;
    }
    if (now.mono - execution.sentAt < IN_FLIGHT_MS) continue;
    execution.missedBeats++;
    if (execution.missedBeats < 2) continue;
    if (!isOnceOnly(execution.block)) requeue(owner, execution, now);
    else if (execution.missedBeats < RECALLS) recall(owner, execution);
    else giveUp(owner, execution, now);
  }
}

/** E2: the message that it was sent in may only be late, and then it would run. Its replica has to say that it never will. */
function recall(owner: Owner, { block, lease, replica }: Execution): void {
  send(owner, replica, { type: "recall", job: block.job.id, lease });
}

function giveUp(owner: Owner, execution: Execution, now: Moment): void {
  const { block, lease, replica } = execution;
  const message = `replica ${replica.name} does not work on this block, though it was sent there, and maxAttempts is 1`;
  execution.phase = "ending";
  freePermit(execution);
  fail(
    owner,
    block,
    {
      lease,
      module: null,
      failure: { code: "ReplicaLost", kind: "terminal", message },
      fault: "own",
      replica: replica.name,
      spans: [],
    },
    now,
  );
}

export function heardGone(owner: Owner, from: Speaker, reason: string, now: Moment): void {
  const group = groupState(owner, from.group);
  const replica = group.replicas.get(from.replica);
  if (from.instance !== "") noteEnd(owner, group, from.instance, now);
  if (replica === undefined || (from.instance !== "" && from.instance !== replica.instance)) return;
  noteEnd(owner, group, replica.instance, now);
  lose(owner, replica, reason, now);
}

/**
 * Notes that an instance has ended, so that a late beat of its does not pass for a new process. Only for a lease's time: should a late beat of one
 * that this owner never knew have made the living one pass for ended, that one is heard again then.
 */
function noteEnd(owner: Owner, { ended }: GroupState, instance: string, now: Moment): void {
  for (const [earlier, until] of ended) if (until <= now.mono) ended.delete(earlier);
  ended.set(instance, now.mono + owner.settings.leaseMs);
}

/** Called at every tick: replicas whose silence has lasted longer than the lease are lost. */
export function loseSilent(owner: Owner, now: Moment): void {
  for (const group of owner.groups.values()) {
    for (const replica of [...group.replicas.values()]) {
      const silentMs = now.mono - replica.lastBeat;
      if (silentMs > owner.settings.leaseMs) {
        lose(owner, replica, `it has not been heard for ${(silentMs / 1000).toFixed(1)} s`, now);
        dispatchGroup(owner, group, now);
      }
    }
  }
}

/** E5: time in which the owner was cut off, frozen or not yet owner does not count against anybody. */
export function renewLeases(owner: Owner, now: Moment): void {
  if (owner.unclaimed.size > 0) owner.holdersUntil = now.mono + owner.settings.leaseMs;
  for (const group of owner.groups.values()) {
    for (const replica of group.replicas.values()) replica.lastBeat = now.mono;
  }
  for (const execution of owner.executions.values()) {
    execution.sentAt = now.mono;
    execution.missedBeats = 0;
  }
}

/** What seemed the last result of an execution had overtaken an earlier one: it is not over, and depends on its replica as before. */
export function reopen(owner: Owner, lease: Lease, now: Moment): void {
  const execution = owner.executions.get(lease);
  if (execution?.phase !== "ending") return;
  const { block, replica } = execution;
  if (owner.groups.get(replica.group)?.replicas.get(replica.name) === replica) {
    execution.phase = "sent";
    execution.sentAt = now.mono;
    replica.executions.set(lease, execution);
    return;
  }
  const failure: Failure = {
    code: "ReplicaLost",
    kind: "retryable",
    message: `replica ${replica.name} was lost before all its results had come`,
  };
  fail(owner, block, { lease, module: null, failure, fault: "own", replica: replica.name, spans: [] }, now);
}

function lose(owner: Owner, replica: Replica, reason: string, now: Moment): void {
  groupState(owner, replica.group).replicas.delete(replica.name);
  const failure: Failure = {
    code: "ReplicaLost",
    kind: "retryable",
    message: `replica ${replica.name} was lost: ${reason}`,
  };
  const lost = [...replica.executions.values()];
  log(owner, "warn", "replica lost", { group: replica.group, replica: replica.name, reason, executions: lost.length });
  const hasLeft = replica.state === "draining" && lost.length === 0;
  if (!hasLeft) {
    const { code, message } = failure;
    noteProblem(groupState(owner, replica.group), { replica: replica.name, code, message, at: now.wall });
  }
  // One alone must have caused it, or at least cannot be told from one that did; of several, nobody knows (E9).
  const fault = lost.length === 1 ? "own" : "shared";
  for (const execution of lost) {
    if (execution.phase === "leasing") {
      requeue(owner, execution, now); // it was never sent
      continue;
    }
    execution.phase = "ending";
    replica.executions.delete(execution.lease);
    const module = onlyModuleLeft(execution.block);
    fail(
      owner,
      execution.block,
      { lease: execution.lease, module, failure, fault, replica: replica.name, spans: [] },
      now,
    );
  }
}

/** What the block was at, when its journalled results leave one possibility. */
function onlyModuleLeft({ job, stop }: Block): number | null {
  const [first, second] = stop.modules.filter((module) => job.outputs[module] === undefined);
  return first === undefined || second !== undefined ? null : first;
}
