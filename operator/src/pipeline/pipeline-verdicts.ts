/** The conditions of a Pipeline, from its groups, its coordinator and NATS. */
import type { Stall } from "@troupe/protocol";
import type { ConditionReason, GroupSummary } from "@troupe/model";
import type { Verdict } from "../children/conditions.ts";
import { conditionOf, textAt } from "../children/read.ts";
import { durableOf } from "./durable-verdict.ts";
import type { PipelineView } from "./pipeline-view.ts";
import type { PipelinePlan } from "./plan-pipeline.ts";

interface Seen {
  readonly view: PipelineView;
  readonly plan: PipelinePlan;
  readonly groups: readonly GroupSummary[];
}

type Of<Type extends Verdict["type"]> = Extract<Verdict, { readonly type: Type }>;

export function pipelineVerdicts(seen: Seen): Verdict[] {
  return [acceptedOf(seen), readyOf(seen), progressOf(seen), stalledOf(seen), durableOf(seen.view)];
}

function acceptedOf({ plan: { acceptance } }: Seen): Of<"Accepted"> {
  return acceptance.kind === "accepted"
    ? { type: "Accepted", status: "True", reason: "Valid", message: "" }
    : { type: "Accepted", status: "False", reason: acceptance.reason, message: acceptance.message };
}

function readyOf(seen: Seen): Of<"Ready"> {
  const { view, plan, groups } = seen;
  if (plan.current === null && plan.acceptance.kind === "refused")
    return notReady("NotAccepted", plan.acceptance.message);
  if (view.nats.kind === "unreachable") return notReady("NatsUnreachable", view.nats.message);
  if (view.nats.kind === "jetstream-off") return notReady("JetStreamDisabled", view.nats.message);
  if (view.load.stalled !== null) return notReady(coordinatorStall(view.load.stalled), view.load.stalled.message);
  const waiting = groups.filter(({ ready }) => !ready);
  if (waiting.length > 0) return notReady(waiting.some(hasCause) ? "GroupsNotReady" : "Starting", groupsText(waiting));
  if (view.load.load === null)
    return notReady(
      "CoordinatorUnavailable",
      "No coordinator has said for 15 s that it owns the pipeline. Jobs wait; check that coordinators run and reach NATS.",
    );
  if (view.pipeline.spec.suspend === true)
    return { type: "Ready", status: "True", reason: "Suspended", message: "The pipeline is suspended (spec.suspend)." };
  return { type: "Ready", status: "True", reason: "AllGroupsReady", message: "" };
}

function notReady(reason: ConditionReason<"Ready">, message: string): Of<"Ready"> {
  return { type: "Ready", status: "False", reason, message };
}

function hasCause({ waiting }: GroupSummary): boolean {
  return waiting !== undefined;
}

function groupsText(waiting: readonly GroupSummary[]): string {
  const texts = waiting.slice(0, 5).map(({ name, waiting: cause }) => {
    return cause === undefined ? `Group ${name} has no replica that is ready yet.` : `Group ${name}: ${cause.message}`;
  });
  return [...texts, ...(waiting.length > 5 ? [`And ${waiting.length - 5} more groups.`] : [])].join("\n");
}

/** Of its groups the first that is on its way says how. */
function progressOf({ plan, view }: Seen): Of<"Progressing"> {
  if (plan.acceptance.kind === "refused")
    return { type: "Progressing", status: "False", reason: "NotAccepted", message: "" };
  const resources = [...plan.existing.generated.values(), ...plan.existing.declared.values()];
  const conditions = resources.map((group) => ({ group, found: conditionOf(group, "Progressing") }));
  const moving = conditions.filter(({ found }) => found?.["status"] === "True");
  const drained = draining(view, plan);
  const rolling = moving.find(({ found }) => found?.["reason"] !== "DrainingRevision");
  if (rolling !== undefined) {
    const text = `Group ${rolling.group.spec.group ?? ""}: ${textAt(rolling.found, "message")}`;
    return {
      type: "Progressing",
      status: "True",
      reason: progressReason(textAt(rolling.found, "reason")),
      message: text,
    };
  }
  if (drained > 0 || moving.length > 0) {
    const message =
      drained > 0 ? `${drained} jobs are still pinned to old revisions.` : "Old replicas are being drained.";
    return { type: "Progressing", status: "True", reason: "DrainingRevision", message };
  }
  const missing = conditions.some(({ found }) => found === undefined) || resources.length === 0;
  return missing
    ? { type: "Progressing", status: "True", reason: "Starting", message: "Groups are being made." }
    : { type: "Progressing", status: "False", reason: "UpToDate", message: "" };
}

function progressReason(reason: string): ConditionReason<"Progressing"> {
  return reason === "Starting" || reason === "Scaling" ? reason : "RollingOut";
}

function draining({ load }: PipelineView, { current }: PipelinePlan): number {
  return Object.entries(load.load?.revisions ?? {}).reduce(
    (sum, [id, jobs]) => (id === current?.revision.id ? sum : sum + jobs),
    0,
  );
}

function stalledOf({ view, plan }: Seen): Of<"Stalled"> {
  const { acceptance, existing } = plan;
  if (acceptance.kind === "refused")
    return { type: "Stalled", status: "True", reason: "NotAccepted", message: acceptance.message };
  if (view.load.stalled !== null)
    return {
      type: "Stalled",
      status: "True",
      reason: coordinatorStall(view.load.stalled),
      message: view.load.stalled.message,
    };
  if (view.nats.kind === "jetstream-off")
    return { type: "Stalled", status: "True", reason: "JetStreamDisabled", message: view.nats.message };
  for (const group of [...existing.generated.values(), ...existing.declared.values()]) {
    const stalled = conditionOf(group, "Stalled");
    const reason = stallReason(textAt(stalled, "reason"));
    if (stalled?.["status"] === "True" && reason !== null)
      return {
        type: "Stalled",
        status: "True",
        reason,
        message: `Group ${group.spec.group ?? ""}: ${textAt(stalled, "message")}`,
      };
  }
  return { type: "Stalled", status: "False", reason: "NotStalled", message: "" };
}

const COORDINATOR_STALLS = {
  JournalLost: "JournalLost",
  NoStorage: "NoStorage",
  JetStreamOff: "JetStreamDisabled",
  NotWorking: "CoordinatorFailing",
} as const;

/** What a coordinator says of itself, in the words of conditions. One of a later version may say something else. */
function coordinatorStall({ reason }: Stall): (typeof COORDINATOR_STALLS)[keyof typeof COORDINATOR_STALLS] {
  return Object.entries(COORDINATOR_STALLS).find(([known]) => known === reason)?.[1] ?? "CoordinatorFailing";
}

const GROUP_STALLS = [
  "NotAccepted",
  "ImageNotPulled",
  "PodsRefused",
  "ModuleNotLoaded",
  "OutOfMemory",
  "Crashing",
  "RolloutStuck",
] as const;

function stallReason(reason: string): (typeof GROUP_STALLS)[number] | null {
  return GROUP_STALLS.find((known) => known === reason) ?? null;
}
