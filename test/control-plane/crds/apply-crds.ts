import { resolve } from "node:path";
import { eventually } from "../../support/eventually.ts";
import type { ControlPlane } from "../../support/control-plane.ts";
import { apiOf } from "./api.ts";

export const ROOT = resolve(import.meta.dirname, "../../..");

/** `kubectl apply -f crds/`, and waits until the policy is enforced, which is a moment after it was stored. */
export async function applyCrds(plane: ControlPlane): Promise<void> {
  await plane.kubectl("apply", "-f", resolve(ROOT, "crds"));
  await plane.served("crd/pipelines.troupe.dev", "crd/groups.troupe.dev");
  await policyIsEnforced(plane);
}

export async function policyIsEnforced(plane: ControlPlane): Promise<void> {
  using api = apiOf(plane, "default");
  await eventually("the policy refuses a circle", async () => !(await api.ask(circleOf("circle"))).accepted);
}

/** Two modules that wait for each other. */
export function circleOf(name: string): unknown {
  const modules = [
    { name: "A", type: "t", group: "g", dependsOn: ["B"] },
    { name: "B", type: "t", group: "g", dependsOn: ["A"] },
  ];
  return { apiVersion: "troupe.dev/v1alpha1", kind: "Pipeline", metadata: { name }, spec: { modules } };
}
