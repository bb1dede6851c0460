/** A ReplicaSet that has to end pods ends the cheap ones first: those that work on nothing. */
import type { GroupAction } from "./plan-group.ts";
import type { GroupView } from "./group-view.ts";
import type { RolloutPlan } from "./rollout.ts";

const MOST = 1_000;

/** Written only when replicas are about to go, and only where it changes: an annotation of a pod costs a write. */
export function deletionCosts(
  { deployments, pods, load }: Pick<GroupView, "deployments" | "pods" | "load">,
  { replicas }: Pick<RolloutPlan, "replicas">,
): GroupAction[] {
  const { report } = load;
  if (report === null) return [];
  const busy = new Map(report.replicas.map((replica) => [replica.name, replica.busy]));
  const shrinking = new Set(
    deployments.flatMap(({ templateHash, replicas: now }) => {
      const next = replicas.get(templateHash) ?? 0;
      return next > 0 && next < now ? [templateHash] : [];
    }),
  );
  return pods
    .filter(({ templateHash, isGoing }) => shrinking.has(templateHash) && !isGoing)
    .flatMap(({ name, deletionCost }) => {
      const cost = Math.min(MOST, busy.get(name) ?? 0);
      return String(cost) === (deletionCost ?? "0") ? [] : [{ kind: "cost" as const, pod: name, cost }];
    });
}
