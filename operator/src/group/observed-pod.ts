import { at, conditionOf, listAt, momentAt, numberAt, textAt } from "../children/read.ts";
import { TEMPLATE_LABEL } from "../children/labels.ts";

/** A pod of a group, as far as the operator looks at it. */
export interface ObservedPod {
  readonly name: string;
  readonly templateHash: string;
  readonly isReady: boolean;
  /** It is on its way out, or has ended. */
  readonly isGoing: boolean;
  /** Why no node takes it, as the scheduler says it; null: it has one, or was not looked at yet. */
  readonly unschedulable: { readonly message: string; readonly sinceMs: number } | null;
  /** Containers, the ones of the start included. */
  readonly containers: readonly ObservedContainer[];
  /** Its node does not answer. */
  readonly isNodeLost: boolean;
  readonly node: string;
  /** The annotation by which a ReplicaSet chooses whom to end first. */
  readonly deletionCost: string | null;
}

export interface ObservedContainer {
  readonly name: string;
  readonly image: string;
  readonly restarts: number;
  /** Why it does not run; null: it does, or did. */
  readonly waiting: { readonly reason: string; readonly message: string } | null;
  /** Since when it runs; null: it does not. */
  readonly runningSinceMs: number | null;
  /** How it ended last, which may be long ago; null: it has not. */
  readonly ended: { readonly reason: string; readonly exitCode: number; readonly message: string } | null;
}

export const DELETION_COST_ANNOTATION = "controller.kubernetes.io/pod-deletion-cost";

export function readPod(pod: unknown): ObservedPod {
  const ready = conditionOf(pod, "Ready");
  const cost = textAt(pod, "metadata", "annotations", DELETION_COST_ANNOTATION);
  const statuses = [...listAt(pod, "status", "initContainerStatuses"), ...listAt(pod, "status", "containerStatuses")];
  return {
    name: textAt(pod, "metadata", "name"),
    templateHash: textAt(pod, "metadata", "labels", TEMPLATE_LABEL),
    isReady: ready?.["status"] === "True",
    isGoing: isGoing(pod),
    unschedulable: unschedulableOf(pod),
    containers: statuses.map(readContainer),
    isNodeLost: ready?.["reason"] === "NodeNotReady" || textAt(pod, "status", "reason") === "NodeLost",
    node: textAt(pod, "spec", "nodeName"),
    deletionCost: cost === "" ? null : cost,
  };
}

function isGoing(pod: unknown): boolean {
  const phase = textAt(pod, "status", "phase");
  return momentAt(pod, "metadata", "deletionTimestamp") !== null || phase === "Failed" || phase === "Succeeded";
}

function unschedulableOf(pod: unknown): ObservedPod["unschedulable"] {
  const scheduled = conditionOf(pod, "PodScheduled");
  if (scheduled?.["status"] !== "False" || scheduled["reason"] !== "Unschedulable") return null;
  return { message: textAt(scheduled, "message"), sinceMs: momentAt(scheduled, "lastTransitionTime") ?? 0 };
}

function readContainer(status: unknown): ObservedContainer {
  const waiting = at(status, "state", "waiting");
  const ended = at(status, "state", "terminated") ?? at(status, "lastState", "terminated");
  return {
    name: textAt(status, "name"),
    image: textAt(status, "image"),
    restarts: numberAt(status, "restartCount"),
    waiting: waiting === undefined ? null : { reason: textAt(waiting, "reason"), message: textAt(waiting, "message") },
    runningSinceMs: momentAt(status, "state", "running", "startedAt"),
    ended:
      ended === undefined
        ? null
        : {
            reason: textAt(ended, "reason"),
            exitCode: numberAt(ended, "exitCode"),
            message: textAt(ended, "message"),
          },
  };
}
