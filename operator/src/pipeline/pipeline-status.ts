import {
  groupNames,
  type DrainingRevision,
  type GroupSummary,
  type JobCounts,
  type PipelineManifest,
  type PipelineStatus,
} from "@troupe/model";
import { conditionsOf } from "../children/conditions.ts";
import { headline } from "../children/headline.ts";
import { conditionOf } from "../children/read.ts";
import type { GroupObject } from "../resources.ts";
import type { PipelineView } from "./pipeline-view.ts";
import { pipelineVerdicts } from "./pipeline-verdicts.ts";
import type { PipelinePlan } from "./plan-pipeline.ts";

/** What is written below `status`. */
export function pipelineStatus(view: PipelineView, plan: PipelinePlan): PipelineStatus {
  const { pipeline } = view;
  const groups = groupSummaries(view, plan);
  const verdicts = pipelineVerdicts({ view, plan, groups });
  const generation = pipeline.metadata.generation ?? 0;
  const conditions = conditionsOf(verdicts, { observed: pipeline, generation, nowMs: view.nowMs });
  const jobs = jobCounts(view);
  const message = headline(verdicts);
  const draining = drainingRevisions(view, plan);
  return {
    observedGeneration: generation,
    conditions,
    ...(plan.current === null ? {} : { revision: plan.current.revision.id }),
    ...(draining.length === 0 ? {} : { drainingRevisions: draining }),
    ...(jobs === undefined ? {} : { jobs }),
    groupsReady: `${groups.filter(({ ready }) => ready).length}/${groups.length}`,
    ...(message === "" ? {} : { message }),
    groups,
  };
}

/** What is not known stays as it was known last. */
function jobCounts({ load, pipeline }: PipelineView): JobCounts | undefined {
  if (load.load === null) return pipeline.status?.jobs;
  const { queued, running, done, failed, cancelled } = load.load.jobs;
  return { queued, running, done, failed: failed + cancelled };
}

function drainingRevisions({ load }: PipelineView, { current, kept }: PipelinePlan): DrainingRevision[] {
  const pinned = load.load?.revisions ?? {};
  return kept
    .filter(({ revision }) => revision.id !== current?.revision.id && (pinned[revision.id] ?? 0) > 0)
    .map(({ revision }) => ({ revision: revision.id, jobs: pinned[revision.id] ?? 0 }));
}

/** One entry a group, in the order in which modules name them. */
export function groupSummaries(
  { pipeline }: PipelineView,
  { existing, current, acceptance }: PipelinePlan,
): GroupSummary[] {
  const names =
    acceptance.kind === "accepted"
      ? groupNames(acceptance.manifest)
      : (current?.revision.groups.map(({ name }) => name) ?? namesIn(pipeline.spec));
  return names.map((name) => summaryOf(name, existing.declared.get(name) ?? existing.generated.get(name)));
}

/** The API server has seen to the shape of it. */
function namesIn(spec: PipelineManifest["spec"]): string[] {
  return [...new Set(spec.modules.map(({ group }) => group))];
}

function summaryOf(name: string, resource: GroupObject | undefined): GroupSummary {
  const status = resource?.status;
  if (resource === undefined || status === undefined)
    return {
      name,
      ...(resource === undefined ? {} : { resource: resource.metadata.name }),
      ready: false,
      replicas: 0,
      readyReplicas: 0,
    };
  const ready = conditionOf(resource, "Ready");
  return {
    name,
    resource: resource.metadata.name,
    ready: status.readyReplicas > 0 || (ready?.["status"] === "True" && status.desiredReplicas === 0),
    replicas: status.replicas,
    readyReplicas: status.readyReplicas,
    ...(status.waiting === undefined ? {} : { waiting: status.waiting }),
  };
}
