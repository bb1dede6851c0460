/** A pod and a Deployment of a group as they are when all is well, for the tests of what is decided on them. */
import type { ObservedDeployment } from "./observed-deployment.ts";
import type { ObservedPod } from "./observed-pod.ts";

export function observedPod(fields: Partial<ObservedPod> = {}): ObservedPod {
  return {
    name: "p-1",
    templateHash: "new",
    isReady: true,
    isGoing: false,
    unschedulable: null,
    containers: [],
    isNodeLost: false,
    node: "n",
    deletionCost: null,
    ...fields,
  };
}

export function observedDeployment(templateHash: string, fields: Partial<ObservedDeployment> = {}): ObservedDeployment {
  return {
    name: `d-${templateHash}`,
    templateHash,
    replicas: 1,
    existing: 1,
    ready: 1,
    createdMs: 0,
    supersededMs: null,
    refusal: null,
    isGoing: false,
    ownerUid: "u",
    raw: {},
    ...fields,
  };
}
