/**
 * Ready blocks go to replicas, in the order of the journal (E7). A replica gets as many as it has permits, and, where blocks are so short
 * that the way to it would dominate, some ahead.
 */
import type { ModuleResult, Run } from "@troupe/protocol";
import type { Execution, Moment, Replica } from "./execution.ts";
import { attemptOf, type Block, type Job } from "./job.ts";
import { append, groupState, queueOf, send, type GroupState, type Owner } from "./owner.ts";
import { inlineBytes, itemBytes } from "./bytes.ts";
import { claimedItems } from "./aggregates.ts";

/** Blocks sent ahead should be worked off within about this time, so that no other replica could have had them much sooner. */
const AHEAD_MS = 8;
const AHEAD_LIMIT = 128;

/** Puts a ready block into its queue, or lets it wait for the end of its backoff, and dispatches what can be. */
export function enqueue(owner: Owner, block: Block, now: Moment): void {
  if (block.state !== "ready" || block.execution !== undefined || block.job.end !== undefined) return;
  if (block.notBefore > now.wall) {
    owner.delayed.add(block);
    return;
  }
  const group = groupState(owner, block.stop.name);
  queueOf(group, block.stop.templateHash).add(block, now.wall);
}

/** Dispatches what can be dispatched in the group. Called once after all that a step made ready is queued. */
export function dispatchGroup(owner: Owner, group: GroupState, now: Moment): void {
  if (owner.held.has(group.name)) return;
  for (const [hash, queue] of group.queues) {
    for (let block = queue.peek(); block !== undefined; block = queue.peek()) {
      if (wouldOvertake(owner, group, block)) break;
      const replica = pickReplica(group, hash, block);
      if (replica === undefined) break;
      queue.take();
      group.lastBusyAt = now.wall;
      dispatch(owner, block, replica, now);
    }
  }
}

/** E7: what needs no lease is sent at once, and would be there before a redispatch that waits for the journal. */
function wouldOvertake(owner: Owner, { lastRedispatch: last }: GroupState, block: Block): boolean {
  if (last?.phase !== "leasing" || !owner.executions.has(last.lease)) return false;
  return !isRedispatch(block) && !isOnceOnly(block);
}

function isRedispatch({ lease, inherited }: Block): boolean {
  return lease !== undefined || inherited;
}

/** The replica with the most to spare, a free permit before room ahead; undefined when there is none. */
function pickReplica(group: GroupState, hash: string, block: Block): Replica | undefined {
  const ahead = isOnceOnly(block) || block.suspect ? 0 : roomAhead(group);
  let best: Replica | undefined;
  for (const replica of group.replicas.values()) {
    const room = block.suspect ? 1 : replica.permits + ahead;
    if (!isServing(replica, hash) || replica.executions.size >= room) continue;
    if (best === undefined || spare(replica) > spare(best)) best = replica;
  }
  return best;
}

function isServing({ state, templateHash, exclusive }: Replica, hash: string): boolean {
  return state === "ready" && templateHash === hash && !exclusive;
}

function spare(replica: Replica): number {
  return replica.permits - replica.executions.size;
}

function roomAhead({ blockMs }: GroupState): number {
  return blockMs === undefined ? 0 : Math.min(AHEAD_LIMIT, Math.floor(AHEAD_MS / Math.max(blockMs, 0.01)));
}

/** A block that must never run twice: its dispatch is journalled before it is sent (E2). */
export function isOnceOnly({ job }: Block): boolean {
  return job.route.graph.jobs.maxAttempts === 1;
}

function dispatch(owner: Owner, block: Block, replica: Replica, now: Moment): void {
  const lease = `${owner.epoch}:${++owner.leases}`;
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
  if (block.suspect) replica.exclusive = true;
  if (isRedispatch(block) || isOnceOnly(block)) {
    // A retry has waited for its backoff already: for a moment more, nobody waits for it.
    if (!isOnceOnly(block) && attemptOf(block) === 1) groupState(owner, block.stop.name).lastRedispatch = execution;
    execution.phase = "leasing"; // E5: nobody runs it before the journal says that this lease counts
    const holder = isOnceOnly(block) ? { holder: { replica: replica.name, instance: replica.instance } } : {};
    append(owner, { type: "lease", job: block.job.id, group: block.stop.group, lease, ...holder });
  } else {
    sendRun(owner, execution, now);
  }
}

export function sendRun(owner: Owner, execution: Execution, now: Moment): void {
  const { block, replica, lease } = execution;
  const { job, stop } = block;
  execution.phase = "sent";
  execution.sentAt = now.mono;
  const all = stop.inherits.flatMap((module) => resultOf(job, module));
  const tooLarge = all.find(({ output }) => inlineBytes(output) > owner.settings.maxMessageBytes);
  if (tooLarge !== undefined) {
    refuseTooLarge(owner, execution, inlineBytes(tooLarge.output), now);
    return;
  }
  const items = stop.modules.flatMap((module) =>
    isProcessing(job, module) ? [sendItems(owner, execution, module)] : [],
  );
  const { results, ...parted } = sendParts(owner, execution, all);
  const { timeoutMs } = job.route.graph.jobs;
  const run: Run = {
    type: "run",
    job: job.id,
    lease,
    attempt: attemptOf(block),
    idempotencyKey: `${job.id}:${stop.name}`,
    revision: job.route.graph.id,
    phase: job.route.phase,
    input: job.input,
    results,
    ...parted,
    items,
    alone: block.suspect,
    timeLeftMs: timeoutMs === null ? null : Math.max(1, job.submittedAt + timeoutMs - now.wall),
  };
  send(owner, replica, run);
}

/** E10: what no message can carry fails its job, and never the owner. */
function refuseTooLarge(owner: Owner, execution: Execution, bytes: number, now: Moment): void {
  const { block, lease, replica } = execution;
  const { job, stop } = block;
  execution.phase = "ending";
  freePermit(execution);
  const limit = owner.settings.maxMessageBytes;
  const message = `a result that group ${stop.name} needs is ${bytes} bytes, and a message carries ${limit}; raise max_payload of the NATS server`;
  append(owner, {
    type: "fail",
    job: job.id,
    group: stop.group,
    module: null,
    lease,
    replica: replica.name,
    failure: { code: "EncodingFailed", kind: "terminal", message },
    charged: true,
    retryAt: now.wall,
    spans: [],
    at: now.wall,
  });
}

function isProcessing(job: Job, module: number): boolean {
  return (
    job.route.phase === "process" &&
    job.route.graph.modules[module]?.aggregate === true &&
    job.outputs[module] === undefined
  );
}

function resultOf(job: Job, module: number): ModuleResult[] {
  const output = job.outputs[module];
  return output === undefined ? [] : [{ module, output }];
}

/** Results that are too many for one message are sent before the `run`. @returns what is left for the `run` itself. */
function sendParts(
  owner: Owner,
  { block, replica, lease }: Execution,
  results: readonly ModuleResult[],
): Pick<Run, "results" | "parts"> {
  const limit = partBytes(owner);
  const parts = inParts(results, ({ output }) => inlineBytes(output), limit - inlineBytes(block.job.input));
  if (parts.length <= 1) return { results };
  parts.forEach((part, index) => {
    send(owner, replica, { type: "results", lease, part: index, results: part });
  });
  return { results: [], parts: parts.length };
}

/** Sends an aggregate's fixed set in messages of bounded size. */
function sendItems(
  owner: Owner,
  { block, replica, lease }: Execution,
  module: number,
): { module: number; count: number } {
  const all = claimedItems(owner.state, block.job, module).map(({ payload }) => payload);
  let from = 0;
  for (const items of inParts(all, itemBytes, partBytes(owner))) {
    send(owner, replica, { type: "items", lease, module, from, items });
    from += items.length;
  }
  return { module, count: all.length };
}

function partBytes({ settings }: Owner): number {
  return Math.min(settings.partBytes, settings.maxMessageBytes);
}

/** Cuts a list into parts of at most `limit` bytes, but for a single entry that is larger. */
function inParts<T>(entries: readonly T[], bytesOf: (entry: T) => number, limit: number): T[][] {
  const parts: T[][] = [];
  let bytes = Infinity;
  for (const entry of entries) {
    const added = bytesOf(entry);
    bytes += added;
    if (bytes > limit) {
      parts.push([]);
      bytes = added;
    }
    parts.at(-1)?.push(entry);
  }
  return parts;
}

/** The permit is free again, and with it perhaps the replica for a suspect. */
export function freePermit(execution: Execution): void {
  const { replica, lease } = execution;
  replica.executions.delete(lease);
  // Whoever was the last: one that was adopted may outlast the suspect.
  if (replica.executions.size === 0) replica.exclusive = false;
}

/** Forgets the execution altogether; its block may be queued again. */
export function dropExecution(owner: Owner, execution: Execution): void {
  freePermit(execution);
  owner.executions.delete(execution.lease);
  if (execution.block.execution === execution) execution.block.execution = undefined;
}
