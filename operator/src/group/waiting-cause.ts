/** Why replicas of a group are not ready, in plain words: from the pods, the Deployments and what the replicas themselves have said. */
import type { WaitingCause } from "@troupe/model";
import type { ReplicaProblem } from "@troupe/protocol";
import type { ObservedContainer, ObservedPod } from "./observed-pod.ts";

export interface CauseEvidence {
  /** Pods that are not going, those of the current template first. */
  readonly pods: readonly ObservedPod[];
  /** Why the cluster refuses pods of the current template. */
  readonly refusal: string | null;
  /** What the replicas that are there say is wrong with them. */
  readonly problems: readonly ReplicaProblem[];
  /** The extended resource that the group claims; null: none. */
  readonly gpuResource: string | null;
  readonly nowMs: number;
}

const IMAGE_REASONS: ReadonlySet<string> = new Set([
  "ErrImagePull",
  "ImagePullBackOff",
  "InvalidImageName",
  "ErrImageNeverPull",
  "ImageInspectError",
  "RegistryUnavailable",
  "SignatureValidationFailed",
]);
const REFUSED_REASONS: ReadonlySet<string> = new Set([
  "CreateContainerConfigError",
  "CreateContainerError",
  "RunContainerError",
]);
/** A container that has run so long is over its last end: the kubelet, too, begins its back-off anew. */
const RECOVERED_MS = 600_000;
/** A container's message can be the end of its log. */
const MESSAGE_LIMIT = 400;

/** The first cause that is found, those before that somebody has to do something about; null: there is none yet. */
export function waitingCause(evidence: CauseEvidence): WaitingCause | null {
  const { pods, refusal } = evidence;
  const containers = pods.flatMap((pod) => pod.containers.map((container) => ({ pod, container })));
  return (
    first(containers, imageCause) ??
    first(containers, configurationCause) ??
    (refusal === null ? null : refused(refusal)) ??
    first(evidence.problems, moduleCause) ??
    first(containers, (each) => crashCause(each, evidence.nowMs)) ??
    first(pods, (pod) => unschedulableCause(pod, evidence.gpuResource)) ??
    first(pods, nodeCause)
  );
}

type Said = NonNullable<ObservedContainer["waiting"]>;

interface PodContainer {
  readonly pod: ObservedPod;
  readonly container: ObservedContainer;
}

function imageCause({ pod, container: { waiting, image } }: PodContainer): WaitingCause | null {
  if (waiting === null || !IMAGE_REASONS.has(waiting.reason)) return null;
  const message =
    `Pod ${pod.name}: the image ${image} cannot be pulled (${said(attempted(waiting))}). ` +
    "Check its name and tag, and that the nodes may pull it (imagePullSecrets).";
  return { reason: "ImageNotPulled", message };
}

/**
 * What failed, whether the kubelet tries again at the moment or waits to: it goes from one to the other with every attempt, and what is said
 * of the Group does not.
 */
function attempted(waiting: Said): Said {
  const [, reason, message] = /^Back-off pulling image "[^"]*": (\w+): (.*)$/s.exec(waiting.message) ?? [];
  return reason === undefined || message === undefined ? waiting : { reason, message };
}

function configurationCause({ pod, container: { waiting, name } }: PodContainer): WaitingCause | null {
  if (waiting === null || !REFUSED_REASONS.has(waiting.reason)) return null;
  const message = `Pod ${pod.name}: the container ${name} cannot be started (${said(waiting)}). Check template, image and Secrets of the group.`;
  return { reason: "PodsRefused", message };
}

function refused(refusal: string): WaitingCause {
  return {
    reason: "PodsRefused",
    message: `The cluster refuses the pods: ${short(refusal)}. Raise the quota, or change the template of the group.`,
  };
}

function moduleCause({ replica, code, message }: ReplicaProblem): WaitingCause {
  if (code === "HostOutOfMemory") return outOfMemory(replica, short(message));
  return {
    reason: "ModuleNotLoaded",
    message: `Replica ${replica} cannot start its modules (${code}): ${short(message)}`,
  };
}

function crashCause({ pod, container }: PodContainer, nowMs: number): WaitingCause | null {
  const { waiting, ended, restarts } = container;
  if (pod.isReady || ended === null || isRecovered(container, nowMs)) return null;
  if (ended.reason === "OOMKilled")
    return outOfMemory(pod.name, `its container was ended by the kernel, ${restarts} restarts so far`);
  if (waiting?.reason !== "CrashLoopBackOff" && restarts < 2) return null;
  const last = short(ended.message);
  const message =
    `Pod ${pod.name} ends again and again (exit code ${ended.exitCode}, ${restarts} restarts)` +
    (last === "" ? `. See kubectl logs --previous ${pod.name}.` : `: ${last}`);
  return { reason: isAboutNats(last) ? "NatsUnreachable" : "Crashing", message };
}

function isRecovered({ runningSinceMs }: ObservedContainer, nowMs: number): boolean {
  return runningSinceMs !== null && nowMs - runningSinceMs >= RECOVERED_MS;
}

function outOfMemory(replica: string, what: string): WaitingCause {
  return {
    reason: "OutOfMemory",
    message: `Replica ${replica} ran out of memory: ${what}. Raise resources.memory of the group, or lower its concurrency.`,
  };
}

/** What the agent's connection error begins with; it is the last that such an agent has to say. */
function isAboutNats(message: string): boolean {
  return /\bNATS\b/.test(message);
}

function unschedulableCause({ name, unschedulable }: ObservedPod, gpuResource: string | null): WaitingCause | null {
  if (unschedulable === null) return null;
  const says = short(unschedulable.message);
  if (gpuResource !== null && says.includes(`Insufficient ${gpuResource}`)) {
    const message =
      `Pod ${name} waits for a GPU: no node has ${gpuResource} left (the scheduler says: ${says}). ` +
      "Free a GPU, add a node with one, or ask for fewer replicas.";
    return { reason: "InsufficientGpu", message };
  }
  const message = `Pod ${name} waits for a node: the scheduler says: ${says} Add a node, or lower the claims of the group.`;
  return { reason: "Unschedulable", message };
}

function nodeCause({ name, node, isNodeLost }: ObservedPod): WaitingCause | null {
  if (!isNodeLost) return null;
  return { reason: "NodeNotReady", message: `The node ${node} of pod ${name} does not answer.` };
}

function first<T>(items: readonly T[], cause: (item: T) => WaitingCause | null): WaitingCause | null {
  for (const item of items) {
    const found = cause(item);
    if (found !== null) return found;
  }
  return null;
}

function said({ reason, message }: Said): string {
  return message === "" ? reason : `${reason}: ${short(message)}`;
}

/** On one line, its end kept: what went wrong stands last. */
function short(message: string): string {
  const line = message.trim().replace(/\s+/g, " ");
  return line.length <= MESSAGE_LIMIT ? line : `…${line.slice(1 - MESSAGE_LIMIT)}`;
}
