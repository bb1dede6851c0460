/** From what a Pipeline is to what has to be done about it. */
import type { PipelineControl } from "@troupe/protocol";
import { needsApply, type Child } from "../children/child.ts";
import { sourceCopyName } from "../children/names.ts";
import { textAt } from "../children/read.ts";
import type { Installation } from "../installation.ts";
import { acceptPipeline, type Acceptance } from "./accept.ts";
import { compilePipeline, type CompiledPipeline } from "./compile-pipeline.ts";
import { groupsOfPipeline, type GroupsOfPipeline } from "./declared-groups.ts";
import { generatedGroups, type GeneratedGroup } from "./generated-groups.ts";
import type { PipelineView } from "./pipeline-view.ts";
import { newestFirst, revisionChild, type StoredRevision } from "./stored-revision.ts";

export type PipelineAction =
  | { readonly kind: "apply"; readonly child: Child }
  /** The live number of replicas gets another manager, before the Pipeline lets go of it. */
  | { readonly kind: "keep-replicas"; readonly child: Child }
  | { readonly kind: "drop-replicas"; readonly group: string }
  /** Makes the copy of the source; its content is read when it is made. */
  | { readonly kind: "copy-source"; readonly configMap: string; readonly copy: string }
  | { readonly kind: "delete"; readonly of: "Group" | "ControllerRevision" | "ConfigMap"; readonly name: string };

export interface PipelinePlan {
  readonly acceptance: Acceptance;
  readonly existing: GroupsOfPipeline;
  /** What new jobs get once the actions are done; null: nothing was ever accepted. */
  readonly current: CompiledPipeline | null;
  readonly actions: readonly PipelineAction[];
  /** Revisions that the bucket in NATS is to have: the current one and those that jobs may be pinned to. */
  readonly kept: readonly StoredRevision[];
  /** Revisions that nothing needs any more. */
  readonly dropped: readonly string[];
  readonly control: PipelineControl;
}

/** Old revisions that are kept although no job is pinned to them: a job that is just being submitted may be. */
const SPARE_REVISIONS = 3;

export interface PlanningFacts {
  readonly installation: Installation;
  readonly credentialsSecret: (group: string) => string | null;
}

export function planPipeline(view: PipelineView, facts: PlanningFacts): PipelinePlan {
  const existing = groupsOfPipeline(view.owner.name, view.groups);
  const { pipeline, source } = view;
  const acceptance = acceptPipeline({
    pipeline,
    declared: [...existing.declared.values()],
    source,
    installation: facts.installation,
  });
  const compiled = acceptance.kind === "accepted" ? compileAccepted(view, acceptance, facts) : null;
  const current = compiled ?? view.revisions[0] ?? null;
  const { kept, dropped } = sortOut(view, current?.revision.id ?? null);
  return {
    acceptance,
    existing,
    current,
    actions: [
      ...(compiled === null ? [] : revisionActions(view, compiled)),
      ...(acceptance.kind === "accepted" ? groupActions(view, existing, acceptance.manifest) : []),
      ...cleanUp(view, existing, { current, kept, dropped }),
    ],
    kept,
    dropped: dropped.map(({ revision }) => revision.id),
    control: controlOf(view, current),
  };
}

function compileAccepted(
  { owner, namespace, source }: PipelineView,
  { manifest, groups }: Extract<Acceptance, { kind: "accepted" }>,
  { installation, credentialsSecret }: PlanningFacts,
): CompiledPipeline {
  const { image = null } = manifest.spec.source ?? {};
  const configMap =
    manifest.spec.source?.configMap === undefined || source.contentHash === null
      ? null
      : sourceCopyName(owner.name, source.contentHash);
  return compilePipeline({
    manifest,
    groups,
    namespace,
    uid: owner.uid,
    source: { image, configMap },
    credentialsSecret,
    installation,
  });
}

/** A spec that comes back gets its old revision, with a new number. */
function revisionActions(view: PipelineView, compiled: CompiledPipeline): PipelineAction[] {
  const { namespace, owner, revisions, source, pipeline } = view;
  const newest = revisions[0];
  const copy = source.contentHash === null ? null : sourceCopyName(owner.name, source.contentHash);
  const configMap = pipeline.spec.source?.configMap;
  const copies: PipelineAction[] =
    copy === null || configMap === undefined || view.sourceCopies.includes(copy)
      ? []
      : [{ kind: "copy-source", configMap, copy }];
  if (newest?.revision.id === compiled.revision.id) return copies;
  const number = (newest?.number ?? 0) + 1;
  return [...copies, { kind: "apply", child: revisionChild(compiled, { namespace, owner, number }) }];
}

function groupActions(
  { owner, namespace, groups }: PipelineView,
  existing: GroupsOfPipeline,
  manifest: Extract<Acceptance, { kind: "accepted" }>["manifest"],
): PipelineAction[] {
  const isTaken = (name: string, group: string): boolean =>
    groups.some(
      (other) =>
        other.metadata.name === name &&
        !(
          other.spec.pipelineRef?.name === owner.name &&
          other.spec.group === group &&
          existing.generated.get(group) === other
        ),
    );
  const wanted = generatedGroups({ manifest, namespace, owner, existing, isTaken });
  return wanted.flatMap((generated) => groupAction(generated, groups));
}

function groupAction({ child, release }: GeneratedGroup, groups: PipelineView["groups"]): PipelineAction[] {
  const observed = groups.find(({ metadata }) => metadata.name === child.metadata.name);
  if (release === null && !needsApply(child, observed)) return [];
  const apply: PipelineAction = { kind: "apply", child };
  if (release === null) return [apply];
  return release.kind === "keep"
    ? [{ kind: "keep-replicas", child: release.child }, apply]
    : [{ kind: "drop-replicas", group: release.name }, apply];
}

/** A revision is kept while jobs are pinned to it, or while that is not known. */
function sortOut(
  { revisions, load }: PipelineView,
  current: string | null,
): { kept: StoredRevision[]; dropped: StoredRevision[] } {
  const old = newestFirst(revisions).filter(({ revision }) => revision.id !== current);
  const isUpToDate = load.load !== null && load.load.revision === current;
  const pinned = load.load?.revisions ?? {};
  const isNeeded = ({ revision }: StoredRevision, index: number): boolean =>
    !isUpToDate || index < SPARE_REVISIONS || (pinned[revision.id] ?? 0) > 0;
  const now = revisions.filter(({ revision }) => revision.id === current);
  return {
    kept: [...now, ...old.filter(isNeeded)],
    dropped: old.filter((revision, index) => !isNeeded(revision, index)),
  };
}

/** Revisions, copies of sources and generated Groups that nothing uses any more. */
function cleanUp(
  view: PipelineView,
  existing: GroupsOfPipeline,
  state: { current: CompiledPipeline | null; kept: readonly StoredRevision[]; dropped: readonly StoredRevision[] },
): PipelineAction[] {
  const inUse = JSON.stringify([state.current?.templates, ...state.kept.map(({ templates }) => templates)]);
  const names = new Set(state.current?.revision.groups.map(({ name }) => name) ?? []);
  const isOver = (group: string): boolean => existing.declared.has(group) || !names.has(group);
  return [
    ...state.dropped.map(({ objectName }) => deletion("ControllerRevision", objectName)),
    ...view.sourceCopies.filter((copy) => !inUse.includes(`"${copy}"`)).map((copy) => deletion("ConfigMap", copy)),
    // With the last Deployment that it owns: until then jobs of an old revision may need it.
    ...[...existing.generated]
      .filter(
        ([group, { metadata }]) => state.current !== null && isOver(group) && !view.runningGroups.has(metadata.name),
      )
      .map(([, { metadata }]) => deletion("Group", metadata.name)),
  ];
}

function deletion(of: "Group" | "ControllerRevision" | "ConfigMap", name: string): PipelineAction {
  return { kind: "delete", of, name };
}

/** A retired template stays retired, but when it is the current one again. */
function controlOf({ pipeline, control }: PipelineView, current: CompiledPipeline | null): PipelineControl {
  const live = new Set(Object.values(current?.templates ?? {}).map(({ hash }) => hash));
  return {
    suspended: pipeline.spec.suspend === true,
    retired: control.retired.filter((hash) => !live.has(hash)),
  };
}

export function isDeleting(pipeline: unknown): boolean {
  return textAt(pipeline, "metadata", "deletionTimestamp") !== "";
}
