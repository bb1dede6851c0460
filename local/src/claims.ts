/** What the groups of a revision claim, one entry a replica. */
import type { CompiledGroup, CompiledResources } from "@troupe/model";
import type { Claim } from "./ledger.ts";

export function claimsOf(groups: readonly CompiledGroup[]): Claim[] {
  return groups.flatMap((group) => {
    const claim = claimOf(group.resources);
    return replicaNames(group).map((replica) => ({ group: group.name, replica, ...claim }));
  });
}

/** `g2-0`, `g2-1`, …: the names that the replicas of a group have on one machine. */
export function replicaNames(group: CompiledGroup): string[] {
  return Array.from({ length: group.replicas ?? 1 }, (_, index) => `${group.name}-${index}`);
}

/**
 * A group that claims nothing claims no CPU; one that claims only GPUs claims one CPU to drive them. So do Ray's actors,
 * and pipelines that fit there fit here.
 */
function claimOf({ cpu, gpu }: CompiledResources): { cpus: number; gpus: number } {
  return { cpus: cpu ?? (gpu > 0 ? 1 : 0), gpus: gpu };
}
