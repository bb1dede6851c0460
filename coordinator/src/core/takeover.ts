/**
 * A new owner's first moments. Blocks that its predecessor may have dispatched are left alone until the grace ends, so that executions which
 * go on can announce themselves; what nobody claims is redispatched under a journalled lease (E5).
 */
import type { Moment } from "./execution.ts";
import { dispatchGroup, enqueue, isOnceOnly } from "./dispatch.ts";
import { groupState, type Owner } from "./owner.ts";
import { fail } from "./uplink.ts";

/** Called once, when the epoch frame is journalled. */
export function takeOver(owner: Owner, now: Moment): void {
  owner.graceUntil = now.mono + owner.settings.graceMs;
  for (const job of owner.state.jobs.values()) {
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
}

/** Called at every tick. */
export function endGrace(owner: Owner, now: Moment): void {
  if (owner.unclaimed.size === 0 || now.mono < owner.graceUntil) return;
  const blocks = [...owner.unclaimed].sort((a, b) => a.position - b.position);
  owner.unclaimed.clear();
  for (const block of blocks) {
    if (isOnceOnly(block) && block.lease !== undefined && block.lease !== "") {
      const message = "whoever ran this block has not been heard of since the owner changed, and maxAttempts is 1";
      fail(owner, block, { lease: block.lease, module: null, failure: { code: "ReplicaLost", kind: "terminal", message }, fault: "own", replica: "unknown", spans: [] }, now);
    } else {
      enqueue(owner, block, now);
    }
  }
  for (const name of new Set(blocks.map(({ stop }) => stop.name))) dispatchGroup(owner, groupState(owner, name), now);
}
