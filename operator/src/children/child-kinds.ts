/** Which kind of the API server a child is of. */
import {
  configMaps,
  controllerRevisions,
  deployments,
  podDisruptionBudgets,
  secrets,
  type KubeObject,
  type Resource,
} from "../kube/index.ts";
import { groups } from "../resources.ts";

const KINDS: Readonly<Record<string, Resource<KubeObject>>> = {
  ConfigMap: configMaps,
  ControllerRevision: controllerRevisions,
  Deployment: deployments,
  Group: groups,
  PodDisruptionBudget: podDisruptionBudgets,
  Secret: secrets,
};

/** @throws {Error} for a kind that no child has: a mistake in the program */
export function resourceOfKind(kind: string): Resource<KubeObject> {
  const resource = KINDS[kind];
  if (resource === undefined) throw new Error(`the operator makes no ${kind}`);
  return resource;
}
