import type { Finding } from "../problem.ts";
import { partOf, type Draft, type SettledGroup } from "./draft.ts";

/** ReplicasWithAutoscale, and bounds that exclude each other. */
export function checkScaling(draft: Draft): Finding[] {
  return [...draft.groups.values()].flatMap((group) => [...replicasWithAutoscale(group), ...boundsOf(group)]);
}

function replicasWithAutoscale(group: SettledGroup): Finding[] {
  const [replicas, autoscale] = [group.setting("replicas"), group.setting("autoscale")];
  if (replicas === null || autoscale === null) return [];
  const message = `The group "${group.name}" has both a fixed number of replicas (${replicas.path}) and autoscale.`;
  const hint = "Remove one of the two: replicas fixes the number, autoscale changes it.";
  return [{ code: "ReplicasWithAutoscale", message, hint, path: autoscale.path }];
}

function boundsOf(group: SettledGroup): Finding[] {
  const autoscale = group.setting("autoscale");
  const [least, most] = [partOf(autoscale, "minReplicas"), partOf(autoscale, "maxReplicas")];
  if (typeof least?.value !== "number" || typeof most?.value !== "number" || least.value <= most.value) return [];
  const message = `minReplicas (${String(least.value)}) is above maxReplicas (${String(most.value)}).`;
  return [{ code: "InvalidValue", message, hint: "Lower minReplicas, or raise maxReplicas.", path: least.path }];
}
