/** Actors of a Group that has no replica, and gets none unless somebody asks for it. Whoever waits for them is told so, and does not wait. */
import type { Death } from "@troupe/protocol";
import type { Moment } from "../core/execution.ts";
import { append, type RegistryOwner } from "./owner.ts";

export const SCALE_UP = "scale it up: kubectl scale group NAME --replicas=1, or set spec.replicas or spec.autoscale";

export function isWithoutReplicas({ mark, nurseries }: RegistryOwner): boolean {
  if (mark === null || mark.replicas > 0 || mark.isAutoscaled) return false;
  return [...nurseries.values()].every(({ beat }) => beat.draining);
}

/** Called at every tick. Those that have lived wait until there are replicas again. */
export function endHomeless(owner: RegistryOwner, now: Moment): void {
  if (owner.waiting.size === 0 || !isWithoutReplicas(owner)) return;
  for (const id of owner.waiting) {
    const record = owner.state.actors.get(id);
    if (record?.status !== "pending") continue;
    const message = `${record.order.className} has nowhere to live: the group is scaled to no replica; ${SCALE_UP}`;
    const death: Death = { code: "NoReplica", message };
    append(owner, { type: "end", actor: id, death, at: now.wall });
  }
}
