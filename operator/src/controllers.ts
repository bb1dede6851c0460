/** The two controllers, and whose change is whose business. */
import type { Scope } from "@troupe/protocol";
import { PIPELINE_LABEL } from "./children/labels.ts";
import type { Context } from "./context.ts";
import { GroupReconciler } from "./group/group-reconciler.ts";
import { keyOfGroup, labelledGroup, type Informers } from "./informers.ts";
import { Controller, keyOf, ownerKeys, type KubeObject, type Observe, type ObjectKey } from "./kube/index.ts";
import { PipelineReconciler } from "./pipeline/pipeline-reconciler.ts";
import { groups, pipelines } from "./resources.ts";

export interface Controllers {
  readonly pipelines: Controller;
  readonly groups: Controller;
  /** Something about the load of a pipeline is new. */
  loadChanged(scope: Scope): void;
  /** Visits everything. */
  resync(): void;
}

const GROUP_WORKERS = 8;

export interface ControllersOptions {
  readonly observe: Observe;
  /** Everything is visited at least this often. */
  readonly resyncMs: number;
}

export function makeControllers(context: Context, { observe, resyncMs }: ControllersOptions): Controllers {
  const { informers } = context;
  const pipelineReconciler = new PipelineReconciler(context);
  const groupReconciler = new GroupReconciler(context);
  const controllers = {
    pipelines: new Controller({
      name: "pipeline",
      reconcile: async (key) => pipelineReconciler.reconcile(key),
      resyncMs,
      observe,
    }),
    groups: new Controller({
      name: "group",
      reconcile: async (key) => groupReconciler.reconcile(key),
      workers: GROUP_WORKERS,
      resyncMs,
      observe,
    }),
  };
  watchForPipelines(controllers.pipelines, informers);
  watchForGroups(controllers.groups, informers);
  return {
    ...controllers,
    loadChanged: ({ namespace, pipeline: name }) => {
      controllers.pipelines.enqueue({ namespace, name });
      for (const group of informers.groupsOfPipeline(`${namespace}/${name}`)) controllers.groups.enqueue(keyOf(group));
      // A free-standing Group has a scope of its own name.
      const own = informers.groups.get({ namespace, name });
      if (own !== undefined && own.spec.pipelineRef === undefined) controllers.groups.enqueue(keyOf(own));
    },
    resync: () => {
      controllers.pipelines.resync();
      controllers.groups.resync();
    },
  };
}

function watchForPipelines(controller: Controller, informers: Informers): void {
  controller.for(informers.pipelines);
  controller.watch(informers.groups, ({ metadata, spec }) =>
    spec.pipelineRef === undefined ? [] : [{ namespace: metadata.namespace ?? "", name: spec.pipelineRef.name }],
  );
  controller.watch(informers.revisions, ownerKeys(pipelines));
  controller.watch(informers.configMaps, (configMap) => [
    ...informers.pipelinesFrom(placeOf(configMap)).map(keyOf),
    ...ownerKeys(pipelines)(configMap),
  ]);
  // The last Deployment of a group that is over takes its Group with it.
  informers.deployments.onChange(({ type, object }) => {
    const name = object.metadata.labels?.[PIPELINE_LABEL];
    if (type === "deleted" && name !== undefined)
      controller.enqueue({ namespace: object.metadata.namespace ?? "", name });
  });
}

function watchForGroups(controller: Controller, informers: Informers): void {
  const groupsOfLabels = (object: KubeObject): ObjectKey[] =>
    labelledGroup(object).flatMap((key) => informers.groupsOf(key).map(keyOf));
  const groupsOfPipeline = (namespace: string, name: string): ObjectKey[] =>
    informers.groupsOfPipeline(`${namespace}/${name}`).map(keyOf);
  controller.for(informers.groups);
  // Two Groups of one group: when one comes or goes, it is the other's turn.
  controller.watch(informers.groups, (group) => informers.groupsOf(keyOfGroup(group)).map(keyOf));
  controller.watch(informers.deployments, groupsOfLabels);
  controller.watch(informers.pods, groupsOfLabels);
  controller.watch(informers.disruptionBudgets, ownerKeys(groups));
  controller.watch(informers.secrets, ownerKeys(groups));
  controller.watch(informers.configMaps, (configMap) => [
    ...informers.freeGroupsFrom(placeOf(configMap)).map(keyOf),
    ...ownerKeys(groups)(configMap),
  ]);
  controller.watch(informers.revisions, (revision) =>
    ownerKeys(pipelines)(revision).flatMap(({ namespace, name }) => groupsOfPipeline(namespace, name)),
  );
  // The Pipeline's status is made of its groups': it is no news for them.
  informers.pipelines.onChange((change) => {
    const { metadata } = change.object;
    const before = change.type === "changed" ? change.before.metadata : undefined;
    const isSame =
      before?.generation === metadata.generation && before?.deletionTimestamp === metadata.deletionTimestamp;
    if (before !== undefined && isSame) return;
    for (const key of groupsOfPipeline(metadata.namespace ?? "", metadata.name)) controller.enqueue(key);
  });
}

function placeOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ""}/${metadata.name}`;
}
