import type { JsonObject } from "@troupe/model";
import { ownerReference, signed, type Child, type Owner } from "../children/child.ts";
import { groupLabels, MANAGED_BY, PIPELINE_LABEL } from "../children/labels.ts";
import type { GroupName } from "../children/names.ts";

/** One replica of a group at a time may be evicted by those who ask; one that is broken already may always go, or it would block a drain. */
export function desiredDisruptionBudget(name: GroupName & { readonly namespace: string }, owner: Owner): Child {
  return signed({
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: {
      name: owner.name,
      namespace: name.namespace,
      labels: { ...MANAGED_BY, ...groupLabels(name) },
      ownerReferences: [ownerReference(owner)],
    },
    spec: {
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: "AlwaysAllow",
      selector: { matchLabels: groupLabels(name), ...ofNoPipeline(name) },
    },
  });
}

/** A pipeline may have a group of the same name. */
function ofNoPipeline({ pipeline }: GroupName): JsonObject {
  return pipeline === null ? { matchExpressions: [{ key: PIPELINE_LABEL, operator: "DoesNotExist" }] } : {};
}
