import { TEMPLATE_LABEL } from "../children/labels.ts";
import { conditionOf, momentAt, numberAt, textAt } from "../children/read.ts";
import { SUPERSEDED_ANNOTATION } from "./deployment.ts";

/** A Deployment of a group, as far as the operator looks at it. */
export interface ObservedDeployment {
  readonly name: string;
  readonly templateHash: string;
  /** As the spec has it. */
  readonly replicas: number;
  /** Pods that exist. */
  readonly existing: number;
  readonly ready: number;
  readonly createdMs: number;
  /** Since when it is not the current template, in Unix milliseconds; null: it is, or nobody has noticed yet. */
  readonly supersededMs: number | null;
  /** Why the cluster refuses its pods; null: it does not. */
  readonly refusal: string | null;
  readonly isGoing: boolean;
  /** Of the Group that owns it. */
  readonly ownerUid: string;
  /** The object itself. */
  readonly raw: unknown;
}

export function readDeployment(raw: unknown): ObservedDeployment {
  const failure = conditionOf(raw, "ReplicaFailure");
  const superseded = Number(textAt(raw, "metadata", "annotations", SUPERSEDED_ANNOTATION));
  return {
    name: textAt(raw, "metadata", "name"),
    templateHash: textAt(raw, "metadata", "labels", TEMPLATE_LABEL),
    replicas: numberAt(raw, "spec", "replicas"),
    existing: numberAt(raw, "status", "replicas"),
    ready: numberAt(raw, "status", "readyReplicas"),
    createdMs: momentAt(raw, "metadata", "creationTimestamp") ?? 0,
    supersededMs: superseded > 0 ? superseded : null,
    refusal: failure?.["status"] === "True" ? textAt(failure, "message") : null,
    isGoing: momentAt(raw, "metadata", "deletionTimestamp") !== null,
    ownerUid: textAt(raw, "metadata", "ownerReferences", 0, "uid"),
    raw,
  };
}
