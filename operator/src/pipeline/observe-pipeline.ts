/** Gathers what a visit of a Pipeline looks at. */
import { DEFAULT_CONTROL, readProjection, type Projected, type Scope } from "@troupe/protocol";
import { textAt } from "../children/read.ts";
import type { Context } from "../context.ts";
import { groupKey, type Informers } from "../informers.ts";
import { ownedBy, type Stored } from "../kube/index.ts";
import type { PipelineObject } from "../resources.ts";
import type { SourceFacts } from "./accept.ts";
import type { PipelineView } from "./pipeline-view.ts";
import { CONTENT_HASH_ANNOTATION, SOURCE_LABEL } from "./source-copy.ts";
import { newestFirst, readStoredRevision, type StoredRevision } from "./stored-revision.ts";

export function scopeOf({ metadata }: Pick<Stored<PipelineObject>, "metadata">): Scope {
  return { namespace: metadata.namespace ?? "", pipeline: metadata.name, uid: metadata.uid };
}

export interface PipelineScene {
  readonly view: PipelineView;
  /** What the bucket says of it; null: nobody can ask. */
  readonly projected: Projected | null;
}

/** What NATS says is read first: what is decided is never older than that. */
export async function observePipeline(context: Context, pipeline: Stored<PipelineObject>): Promise<PipelineScene> {
  const { bus } = context.nats;
  const projected = bus === null ? null : await readProjection(bus, scopeOf(pipeline));
  const durability = await context.durability.of(bus, scopeOf(pipeline));
  return { view: viewOf(context, pipeline, { projected, durability }), projected };
}

function viewOf(
  { informers, nats, clock }: Context,
  pipeline: Stored<PipelineObject>,
  { projected, durability }: { readonly projected: Projected | null; readonly durability: PipelineView["durability"] },
): PipelineView {
  const { namespace = "", name, uid } = pipeline.metadata;
  const groups = informers.groupsOfPipeline(`${namespace}/${name}`);
  const running = groups.filter((group) =>
    informers
      .deploymentsOf(groupKey(namespace, name, group.spec.group ?? ""))
      .some(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === group.metadata.uid) === true),
  );
  return {
    pipeline,
    owner: { ...ownedBy(pipeline), uid },
    namespace,
    groups: informers.groups.list(namespace),
    source: contentHashOf(informers, namespace, pipeline.spec.source?.configMap),
    revisions: revisionsOf(informers, pipeline),
    sourceCopies: informers
      .ownedConfigMaps(uid)
      .filter((configMap) => configMap.metadata.labels?.[SOURCE_LABEL] !== undefined)
      .map(({ metadata }) => metadata.name),
    runningGroups: new Set(running.map(({ metadata }) => metadata.name)),
    load: nats.known(scopeOf(pipeline)),
    // What nobody can ask for is as it would be in the beginning.
    control: projected?.control.value ?? DEFAULT_CONTROL,
    nats: nats.state,
    durability,
    nowMs: clock.nowMs(),
  };
}

/** Of this incarnation of the Pipeline, the newest first. */
export function revisionsOf(informers: Informers, pipeline: Stored<PipelineObject>): StoredRevision[] {
  const stored = informers.revisionsOf(pipeline.metadata.uid).map(readStoredRevision);
  return newestFirst(stored.filter((revision) => revision !== null));
}

export function contentHashOf(informers: Informers, namespace: string, configMap: string | undefined): SourceFacts {
  if (configMap === undefined) return { contentHash: null };
  const found = informers.configMaps.get({ namespace, name: configMap });
  const hash = textAt(found, "metadata", "annotations", CONTENT_HASH_ANNOTATION);
  return { contentHash: hash === "" ? null : hash };
}
