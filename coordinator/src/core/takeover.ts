/**
 * A new owner's first moments. Blocks that its predecessor may have dispatched are left alone until the grace ends, so that executions which
 * go on can announce themselves, and what becomes ready meanwhile in their groups waits behind them (E7); what nobody claims is redispatched under a journalled lease (E5), and what must not run twice only when the
 * process that it was sent to says that it never came (E2).
 */
import { endedBytes } from "./tick.ts";
import type { Moment } from "./execution.ts";
import { dispatchGroup, enqueue, isOnceOnly } from "./dispatch.ts";
import type { Block, Job } from "./job.ts";
import { groupState, reply, type Owner } from "./owner.ts";
import { seekHolder } from "./replicas.ts";
import { fail } from "./uplink.ts";

/** Name of a replica within its pipeline. */
export type ReplicaKey = `${string}/${string}`;

/**
 * Called once, when the epoch frame is journalled.
 * @param expected replicas that were heard while standing by: once all of them have announced themselves, nobody else is waited for.
 */
export function takeOver(owner: Owner, now: Moment, expected: Iterable<ReplicaKey> = []): void {
  for (const key of expected) owner.expected.add(key);
  owner.isGraceBounded = owner.expected.size > 0;
  owner.graceUntil = now.mono + owner.settings.graceMs;
  owner.holdersUntil = now.mono + owner.settings.leaseMs;
  for (const job of owner.state.jobs.values()) {
    renewListener(owner, job, now);
    if (job.end !== undefined) continue;
    for (const block of job.blocks) {
      if (block?.state !== "ready") continue;
      block.execution = undefined;
      block.queued = undefined;
      block.inherited = true;
      owner.unclaimed.add(block);
      owner.held.add(block.stop.name);
    }
  }
  if (owner.state.ended.size > 0) owner.endedSince = now.mono;
  owner.endedBytes = endedBytes(owner);
}

/** Whoever waited for the former owner's word gets it from this one; twice does no harm. */
function renewListener(owner: Owner, job: Job, now: Moment): void {
  if (job.wait === undefined) return;
  const { to, timeline } = job.wait;
  if (job.end !== undefined) reply(owner, to, { kind: "outcome", job, timeline });
  else owner.waiters.set(job.id, [{ to, timeline, until: now.mono + owner.settings.waitMs, sayPending: false }]);
}

/** A replica has announced itself to this owner. */
export function announced(owner: Owner, key: ReplicaKey, now: Moment): void {
  if (owner.expected.delete(key)) endGrace(owner, now);
}

/** Called at every tick, and when another replica has announced itself. */
export function endGrace(owner: Owner, now: Moment): void {
  if ((owner.unclaimed.size === 0 && owner.held.size === 0) || !isGraceOver(owner, now)) return;
  const groups = new Set([...owner.held, ...[...owner.unclaimed].map(({ stop }) => stop.name)]);
  owner.held.clear();
  const blocks = [...owner.unclaimed].sort((a, b) => a.position - b.position);
  owner.unclaimed.clear();
  for (const block of blocks) {
    if (isOnceOnly(block) && block.lease !== undefined && block.lease !== "") settleOnceOnly(owner, block, now);
    else enqueue(owner, block, now);
  }
  for (const name of groups) dispatchGroup(owner, groupState(owner, name), now);
}

function isGraceOver({ unclaimed, expected, isGraceBounded, graceUntil }: Owner, now: Moment): boolean {
  return unclaimed.size === 0 || now.mono >= graceUntil || (isGraceBounded && expected.size === 0);
}

/** E2: a block that must not run twice goes on only on the word of the process that it was sent to. */
function settleOnceOnly(owner: Owner, block: Block, now: Moment): void {
  switch (seekHolder(owner, block, now)) {
    case "asked":
      return;
    case "silent":
      owner.unclaimed.add(block);
      return;
    case "lost": {
      const message = "whoever ran this block has not been heard of since the owner changed, and maxAttempts is 1";
      const failure = { code: "ReplicaLost", kind: "terminal", message } as const;
      const { lease = "", holder } = block;
      const replica = holder?.replica ?? "unknown";
      fail(owner, block, { lease, module: null, failure, fault: "own", replica, spans: [] }, now);
    }
  }
}
