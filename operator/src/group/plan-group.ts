/** From what a group is to what has to be done about it. */
import { at } from "../children/read.ts";
import { differs } from "../children/differs.ts";
import { needsApply, type Child } from "../children/child.ts";
import { desiredDeployment } from "./deployment.ts";
import { deletionCosts } from "./deletion-cost.ts";
import { desiredDisruptionBudget } from "./disruption-budget.ts";
import type { GroupView } from "./group-view.ts";
import type { ObservedDeployment } from "./observed-deployment.ts";
import { expiredTemplates } from "./retire.ts";
import { planRollout, SURGE_PATIENCE_MS, type RolloutPlan, type TemplateState } from "./rollout.ts";
import { wantedReplicas, type AutoscaleMemory, type WantedReplicas } from "./wanted-replicas.ts";

export type GroupAction =
  | { readonly kind: "apply"; readonly child: Child }
  /** An old template: its number of replicas, and since when it is old. */
  | { readonly kind: "scale"; readonly deployment: string; readonly replicas: number; readonly supersededMs: number }
  | { readonly kind: "delete"; readonly of: "Deployment" | "PodDisruptionBudget"; readonly name: string }
  /** Which pods a ReplicaSet is to spare. */
  | { readonly kind: "cost"; readonly pod: string; readonly cost: number };

export interface GroupPlan {
  readonly wanted: WantedReplicas;
  readonly rollout: RolloutPlan;
  readonly actions: readonly GroupAction[];
  /** Templates whose pinned jobs have waited longer than `drainTimeoutSeconds`: they fail as RevisionRetired. */
  readonly retired: readonly string[];
  /** When to look again although nothing has changed; null: not at all. */
  readonly againAfterMs: number | null;
}

export function planGroup(view: GroupView, memory: AutoscaleMemory | null): GroupPlan {
  const wanted = wantedReplicas(view, memory);
  const surge = surgeOf(view);
  const rollout = planRollout({
    wanted: wanted.count,
    current: currentHash(view),
    templates: view.deployments.filter(({ isGoing }) => !isGoing).map((deployment) => templateState(deployment, view)),
    isSurgeStuck: surge.isStuck,
  });
  const drain = expiredTemplates(view, rollout);
  return {
    wanted,
    rollout,
    actions: [...scaling(view, rollout), ...budgetActions(view)],
    retired: drain.expired,
    againAfterMs: earliest(wanted.againAfterMs, surge.againAfterMs, drain.againAfterMs),
  };
}

/** A name that no template has, when there is none: then all there are are old. */
function currentHash({ role }: GroupView): string {
  return role.kind === "serving" ? (role.current?.hash ?? "") : "";
}

function templateState({ templateHash, replicas }: ObservedDeployment, { pods, load, role }: GroupView): TemplateState {
  return {
    hash: templateHash,
    replicas,
    ready: pods.filter((pod) => pod.templateHash === templateHash && pod.isReady && !pod.isGoing).length,
    // What belongs to no pipeline has no jobs.
    pinned: role.kind === "idle" ? 0 : load.pinned(templateHash),
  };
}

function surgeOf(view: GroupView): { isStuck: boolean; againAfterMs: number | null } {
  const current = currentHash(view);
  const since = view.pods
    .filter((pod) => pod.templateHash === current && !pod.isGoing)
    .flatMap(({ unschedulable }) => (unschedulable === null ? [] : [unschedulable.sinceMs]));
  if (since.length === 0) return { isStuck: false, againAfterMs: null };
  const leftMs = Math.min(...since) + SURGE_PATIENCE_MS - view.nowMs;
  return leftMs <= 0 ? { isStuck: true, againAfterMs: null } : { isStuck: false, againAfterMs: leftMs };
}

/** Room is made before it is taken. */
function scaling(view: GroupView, rollout: RolloutPlan): GroupAction[] {
  const old = view.deployments.filter(({ templateHash, isGoing }) => templateHash !== currentHash(view) && !isGoing);
  const down = old.flatMap((deployment) => oldAction(deployment, view, rollout.replicas.get(deployment.templateHash)));
  return [...deletionCosts(view, rollout), ...down, ...currentAction(view, rollout)];
}

function oldAction(deployment: ObservedDeployment, { nowMs }: GroupView, replicas: number | undefined): GroupAction[] {
  if (replicas === undefined) return [{ kind: "delete", of: "Deployment", name: deployment.name }];
  if (replicas === deployment.replicas && deployment.supersededMs !== null) return [];
  return [{ kind: "scale", deployment: deployment.name, replicas, supersededMs: deployment.supersededMs ?? nowMs }];
}

function currentAction({ role, name, owner, deployments }: GroupView, { replicas }: RolloutPlan): GroupAction[] {
  if (role.kind === "idle" || role.current === null) return [];
  const { hash } = role.current;
  const count = replicas.get(hash);
  if (count === undefined) return [];
  const observed = deployments.find(({ templateHash }) => templateHash === hash);
  if (observed?.isGoing === true) return [];
  const child = desiredDeployment({ name, owner, template: role.current, replicas: count });
  return needsApply(child, observed?.raw) ? [{ kind: "apply", child }] : [];
}

function budgetActions({ role, name, owner, disruptionBudget }: GroupView): GroupAction[] {
  const child = desiredDisruptionBudget(name, owner);
  if (role.kind === "serving") return needsApply(child, disruptionBudget) ? [{ kind: "apply", child }] : [];
  const isOurs =
    disruptionBudget !== undefined &&
    !differs(child.metadata.ownerReferences, at(disruptionBudget, "metadata", "ownerReferences"));
  return isOurs ? [{ kind: "delete", of: "PodDisruptionBudget", name: child.metadata.name }] : [];
}

function earliest(...moments: readonly (number | null)[]): number | null {
  const known = moments.filter((moment) => moment !== null);
  return known.length === 0 ? null : Math.min(...known);
}
