/** Does what a plan says. */
import { projectControl } from "@troupe/protocol";
import type { ChildWriter } from "../children/child-writer.ts";
import type { Context } from "../context.ts";
import { SUPERSEDED_ANNOTATION } from "./deployment.ts";
import type { GroupView } from "./group-view.ts";
import { DELETION_COST_ANNOTATION } from "./observed-pod.ts";
import type { GroupScene } from "./observe-group.ts";
import type { GroupAction, GroupPlan } from "./plan-group.ts";
import { controlRetiring } from "./retire.ts";
import { isNotFound, pods } from "../kube/index.ts";

export async function applyGroup(
  context: Context,
  writer: ChildWriter,
  scene: GroupScene,
  plan: GroupPlan,
): Promise<void> {
  for (const action of plan.actions) await perform(context, writer, scene.view, action);
  if (plan.retired.length > 0) await retire(context, scene, plan.retired);
}

async function perform(context: Context, writer: ChildWriter, view: GroupView, action: GroupAction): Promise<void> {
  const { namespace } = view.name;
  switch (action.kind) {
    case "apply":
      return writer.apply(action.child, observedOf(view, action.child));
    case "scale": {
      const annotations = { [SUPERSEDED_ANNOTATION]: String(action.supersededMs) };
      const body = { metadata: { annotations }, spec: { replicas: action.replicas } };
      const observed = view.deployments.find(({ name }) => name === action.deployment)?.raw;
      return writer.patch("Deployment", { namespace, name: action.deployment }, body, observed);
    }
    case "delete":
      return writer.delete(action.of, { namespace, name: action.name });
    case "cost": {
      const body = { metadata: { annotations: { [DELETION_COST_ANNOTATION]: String(action.cost) } } };
      await context.client.patch(pods, { namespace, name: action.pod }, { type: "merge", body }).catch(unlessGone);
    }
  }
}

function observedOf(
  { deployments, disruptionBudget }: GroupView,
  child: { kind: string; metadata: { name: string } },
): unknown {
  if (child.kind === "PodDisruptionBudget") return disruptionBudget;
  return deployments.find(({ name }) => name === child.metadata.name)?.raw;
}

/** A pod that is gone costs nothing. */
function unlessGone(error: unknown): void {
  if (!isNotFound(error)) throw error;
}

/** What has to be told to the coordinator waits until NATS is there. */
async function retire({ nats }: Context, { scope, seen }: GroupScene, hashes: readonly string[]): Promise<void> {
  const { projected } = seen();
  const control = projected === null ? null : controlRetiring(projected, hashes);
  if (nats.bus === null || projected === null || control === null) return;
  await projectControl(nats.bus, scope, control, projected);
}
