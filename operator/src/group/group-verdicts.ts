/** The conditions of a Group, from what was seen and what is being done. */
import type { ConditionReason, WaitingCause } from "@troupe/model";
import type { Verdict } from "../children/conditions.ts";
import { conditionOf } from "../children/read.ts";
import type { GroupView } from "./group-view.ts";
import type { GroupPlan } from "./plan-group.ts";
import type { ReplicaProblem } from "@troupe/protocol";
import type { ObservedPod } from "./observed-pod.ts";
import { waitingCause } from "./waiting-cause.ts";

export interface GroupFindings {
  readonly readyReplicas: number;
  readonly cause: WaitingCause | null;
  readonly verdicts: readonly Verdict[];
}

type Of<Type extends Verdict["type"]> = Extract<Verdict, { readonly type: Type }>;

/** Causes that go away by themselves, or by a cluster that grows. */
const PASSING: ReadonlySet<string> = new Set([
  "Unschedulable",
  "InsufficientGpu",
  "NodeNotReady",
  "NatsUnreachable",
  "JetStreamDisabled",
  "Starting",
]);

export function groupFindings(view: GroupView, plan: GroupPlan): GroupFindings {
  const readyReplicas = living(view).filter(({ isReady }) => isReady).length;
  const cause = causeOf(view, plan);
  const seen = { view, plan, readyReplicas, cause };
  return {
    readyReplicas,
    cause,
    verdicts: [acceptedOf(seen), readyOf(seen), progressOf(seen), stalledOf(seen), ...isolatedOf(view)],
  };
}

interface Seen {
  readonly view: GroupView;
  readonly plan: GroupPlan;
  readonly readyReplicas: number;
  readonly cause: WaitingCause | null;
}

function acceptedOf({ view: { role }, plan }: Seen): Of<"Accepted"> {
  if (role.refusal !== null && !role.refusal.isPipelines)
    return { type: "Accepted", status: "False", reason: role.refusal.reason, message: role.refusal.message };
  if (plan.wanted.isHeldAtOne) {
    const message =
      "The group has an aggregate, so it stays at one replica: what an aggregate has collected must meet in one process. " +
      "Scale it back to 1; to replicate its other modules, move them into a group of their own.";
    return { type: "Accepted", status: "False", reason: "AggregateNotReplicable", message };
  }
  return { type: "Accepted", status: "True", reason: "Valid", message: "" };
}

function readyOf({ view, plan, readyReplicas, cause }: Seen): Of<"Ready"> {
  const { role } = view;
  if (role.kind === "idle" || (role.current === null && role.refusal !== null))
    return { type: "Ready", status: "False", reason: "NotAccepted", message: role.refusal?.message ?? "" };
  const wanted = plan.wanted.count;
  if (role.current === null) {
    const message = "The operator has yet to make the first revision.";
    return { type: "Ready", status: "False", reason: "Starting", message };
  }
  if (wanted === 0) return notRunning(role.settings.autoscale !== undefined);
  if (readyReplicas >= wanted)
    return {
      type: "Ready",
      status: "True",
      reason: "ReplicasReady",
      message: `${readyReplicas} of ${wanted} replicas are ready.`,
    };
  const { reason, message } = cause ?? {
    reason: "Starting" as const,
    message: "Pods are starting and modules are being loaded.",
  };
  return {
    type: "Ready",
    status: "False",
    reason: readyReason(reason),
    message: `${readyReplicas} of ${wanted} replicas are ready. ${message}`,
  };
}

function notRunning(isAutoscaled: boolean): Of<"Ready"> {
  return isAutoscaled
    ? {
        type: "Ready",
        status: "True",
        reason: "ScaledToZero",
        message: "The group is idle; a job brings its replicas back.",
      }
    : {
        type: "Ready",
        status: "False",
        reason: "NoReplicas",
        message: "The group is scaled to zero: jobs wait until it is scaled up.",
      };
}

/** A cause is one of Ready; those of Accepted come from refusals, which were dealt with before. */
function readyReason(reason: WaitingCause["reason"]): ConditionReason<"Ready"> {
  return isReadyReason(reason) ? reason : "NotAccepted";
}

function isReadyReason(reason: WaitingCause["reason"]): reason is ConditionReason<"Ready"> {
  return READY_REASONS.has(reason);
}

const READY_REASONS: ReadonlySet<string> = new Set<ConditionReason<"Ready">>([
  "Starting",
  "Unschedulable",
  "InsufficientGpu",
  "ImageNotPulled",
  "PodsRefused",
  "ModuleNotLoaded",
  "OutOfMemory",
  "Crashing",
  "NodeNotReady",
  "NatsUnreachable",
  "JetStreamDisabled",
]);

function progressOf(seen: Seen): Of<"Progressing"> {
  const { view, plan, readyReplicas, cause } = seen;
  const wanted = plan.wanted.count;
  const existing = living(view).length;
  const rolling = rolloutProgress(seen);
  if (rolling !== null) return rolling;
  if (readyReplicas >= wanted && existing === wanted) return upToDate();
  if (cause !== null && view.role.kind === "serving")
    return { type: "Progressing", status: "False", reason: "Waiting", message: cause.message };
  if (readyReplicas > 0 || existing > wanted) return progressing("Scaling", `${existing} pods, ${wanted} wanted.`);
  return wanted === 0 ? upToDate() : progressing("Starting", "The first replicas are on their way.");
}

function rolloutProgress({ plan, cause }: Seen): Of<"Progressing"> | null {
  const { rollout } = plan;
  if (rollout.isBlocked)
    return progressing("RollingOut", "The new template waits until jobs have left one of the two old ones.");
  if (rollout.isRolling)
    return progressing(
      "RollingOut",
      ["Replicas are moved to the new template.", cause?.message ?? ""].join(" ").trim(),
    );
  return rollout.draining.length > 0 ? progressing("DrainingRevision", drainingText(plan)) : null;
}

function progressing(reason: ConditionReason<"Progressing">, message: string): Of<"Progressing"> {
  return { type: "Progressing", status: "True", reason, message };
}

function upToDate(): Of<"Progressing"> {
  return { type: "Progressing", status: "False", reason: "UpToDate", message: "" };
}

function drainingText({ rollout }: GroupPlan): string {
  const parts = rollout.draining.map(({ hash, pinned }) =>
    pinned === null
      ? `template ${hash}, as long as it is not known how many jobs need it`
      : `${pinned} jobs that are pinned to template ${hash}`,
  );
  return `An old replica is kept for ${parts.join(", and for ")}.`;
}

function stalledOf({ view, plan, cause }: Seen): Of<"Stalled"> {
  const accepted = acceptedOf({ view, plan, cause, readyReplicas: 0 });
  if (accepted.status === "False")
    return { type: "Stalled", status: "True", reason: "NotAccepted", message: accepted.message };
  if (cause !== null && isStalling(cause.reason))
    return { type: "Stalled", status: "True", reason: cause.reason, message: cause.message };
  if (plan.rollout.isRolling && isPastDeadline(view))
    return {
      type: "Stalled",
      status: "True",
      reason: "RolloutStuck",
      message: `The roll-out has not moved for ten minutes. ${cause?.message ?? ""}`.trim(),
    };
  return { type: "Stalled", status: "False", reason: "NotStalled", message: "" };
}

function isStalling(reason: WaitingCause["reason"]): reason is ConditionReason<"Stalled"> & WaitingCause["reason"] {
  return !PASSING.has(reason);
}

/** Kubernetes keeps the time: `progressDeadlineSeconds` of a Deployment, ten minutes. */
function isPastDeadline({ deployments, role }: GroupView): boolean {
  const current = role.kind === "serving" ? role.current?.hash : undefined;
  const deployment = deployments.find(({ templateHash }) => templateHash === current);
  return conditionOf(deployment?.raw, "Progressing")?.["reason"] === "ProgressDeadlineExceeded";
}

function living({ pods }: GroupView): ObservedPod[] {
  return pods.filter(({ isGoing }) => !isGoing);
}

/** The current template first: an old one's troubles end with it. */
function causeOf(view: GroupView, plan: GroupPlan): WaitingCause | null {
  const { role, deployments, nowMs } = view;
  if (role.kind === "idle") return null;
  const current = role.current?.hash;
  const isCurrent = (pod: ObservedPod): boolean => pod.templateHash === current;
  const unready = living(view).filter(({ isReady }) => !isReady);
  const pods = [...unready.filter(isCurrent), ...unready.filter((pod) => !isCurrent(pod))];
  const refusal = deployments.find(({ templateHash }) => templateHash === current)?.refusal ?? null;
  const problems = problemsOf(view, new Set(pods.map(({ name }) => name)));
  return waitingCause({ pods, refusal, problems, gpuResource: role.gpuResource, nowMs }) ?? natsCause(view, plan);
}

function problemsOf({ load }: GroupView, names: ReadonlySet<string>): ReplicaProblem[] {
  const replicas = load.report?.replicas ?? [];
  return replicas.flatMap(({ name, problem }) => (problem !== null && names.has(name) ? [problem] : []));
}

/** What keeps replicas from getting ready when nothing about their pods does. */
function natsCause(view: GroupView, plan: GroupPlan): WaitingCause | null {
  const { nats } = view;
  const isShort = living(view).filter(({ isReady }) => isReady).length < plan.wanted.count;
  if (!isShort || nats.kind === "connected") return null;
  return { reason: nats.kind === "unreachable" ? "NatsUnreachable" : "JetStreamDisabled", message: nats.message };
}

function isolatedOf({ role }: GroupView): Of<"NatsIsolated">[] {
  if (role.kind === "idle") return [];
  return [
    role.hasOwnCredentials
      ? { type: "NatsIsolated", status: "True", reason: "OwnCredentials", message: "" }
      : {
          type: "NatsIsolated",
          status: "False",
          reason: "SharedCredentials",
          message: "All groups share what NATS was given to this installation.",
        },
  ];
}
