/**
 * A new owner's first moments. Blocks that its predecessor may have dispatched are left alone until the grace ends, so that executions which
 * go on can announce themselves; what nobody claims is redispatched under a journalled lease (E5).
 */
import { endedBytes } from "./tick.ts";
import type { Moment } from "./execution.ts";
import { dispatchGroup, enqueue, isOnceOnly } from "./dispatch.ts";
import type { Job } from "./job.ts";
import { groupState, reply, type Owner } from "./owner.ts";
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
  for (const job of owner.state.jobs.values()) {
    renewListener(owner, job, now);
    if (job.end !== undefined) continue;
    for (const block of job.blocks) {
      if (block?.state !== "ready") continue;
      block.execution = undefined;
      block.queued = undefined;
      block.inherited = true;
      owner.unclaimed.add(block);
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
  const areAllHeard = owner.isGraceBounded && owner.expected.size === 0;
  if (owner.unclaimed.size === 0 || (now.mono < owner.graceUntil && !areAllHeard)) return;
  const blocks = [...owner.unclaimed].sort((a, b) => a.position - b.position);
  owner.unclaimed.clear();
  for (const block of blocks) {
    if (isOnceOnly(block) && block.lease !== undefined && block.lease !== "") {
      const message = "whoever ran this block has not been heard of since the owner changed, and maxAttempts is 1";
      fail(
        owner,
        block,
        {
          lease: block.lease,
          module: null,
          failure: { code: "ReplicaLost", kind: "terminal", message },
          fault: "own",
          replica: "unknown",
          spans: [],
        },
        now,
      );
    } else {
      enqueue(owner, block, now);
    }
  }
  for (const name of new Set(blocks.map(({ stop }) => stop.name))) dispatchGroup(owner, groupState(owner, name), now);
}
