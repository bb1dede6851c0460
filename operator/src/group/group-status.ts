import type { GroupStatus } from "@troupe/model";
import { conditionsOf } from "../children/conditions.ts";
import { groupSelector } from "../children/labels.ts";
import { headline } from "../children/headline.ts";
import type { GroupView } from "./group-view.ts";
import { groupFindings } from "./group-verdicts.ts";
import type { GroupPlan } from "./plan-group.ts";

/** What is written below `status`. The same view and plan give the same status, but for the moments of new conditions. */
export function groupStatus(view: GroupView, plan: GroupPlan): GroupStatus {
  const { group, pods } = view;
  const { readyReplicas, cause, verdicts } = groupFindings(view, plan);
  const generation = group.metadata.generation ?? 0;
  const conditions = conditionsOf(verdicts, { observed: group, generation, nowMs: view.nowMs });
  const wanted = plan.wanted.count;
  const message = headline(verdicts);
  return {
    observedGeneration: generation,
    conditions,
    replicas: pods.filter(({ isGoing }) => !isGoing).length,
    readyReplicas,
    desiredReplicas: wanted,
    replicasReady: `${readyReplicas}/${wanted}`,
    selector: groupSelector(view.name),
    ...gpuOf(view),
    ...loadOf(view),
    ...templatesOf(view, plan),
    ...(cause === null ? {} : { waiting: cause }),
    ...(message === "" ? {} : { message }),
  };
}

function gpuOf({ role }: GroupView): Pick<GroupStatus, "gpu"> {
  const gpu = role.kind === "serving" ? role.settings.resources?.gpu : undefined;
  return gpu === undefined ? {} : { gpu: String(gpu) };
}

function loadOf({ load: { load } }: GroupView): Pick<GroupStatus, "queued" | "running"> {
  return load === null ? {} : { queued: load.queued, running: load.running };
}

function templatesOf(
  { role }: GroupView,
  { rollout }: GroupPlan,
): Pick<GroupStatus, "templateHash" | "drainingTemplates"> {
  const draining = rollout.draining.map(({ hash, pinned }) => ({ templateHash: hash, jobs: pinned ?? 0 }));
  return {
    ...(role.kind === "serving" && role.current !== null ? { templateHash: role.current.hash } : {}),
    ...(draining.length === 0 ? {} : { drainingTemplates: draining }),
  };
}
