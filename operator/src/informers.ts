/** Copies of all that the operator looks at, with the lookups by which a visit finds what belongs together. */
import {
  configMaps,
  controllerRevisions,
  deployments,
  podDisruptionBudgets,
  pods,
  secrets,
  startInformer,
  type ConfigMap,
  type ControllerRevision,
  type Deployment,
  type Informer,
  type KubeClient,
  type KubeObject,
  type Observe,
  type Pod,
  type PodDisruptionBudget,
  type Resource,
  type Secret,
  type Stored,
} from "./kube/index.ts";
import { GROUP_LABEL, MANAGED_SELECTOR, PIPELINE_LABEL } from "./children/labels.ts";
import { credentialsHash, SEEN_CONTENT_ANNOTATION } from "./children/credentials-hash.ts";
import { contentHash, CONTENT_HASH_ANNOTATION } from "./pipeline/source-copy.ts";
import { groups, pipelines, type GroupObject, type PipelineObject } from "./resources.ts";

export interface Informers extends AsyncDisposable {
  readonly pipelines: Informer<PipelineObject>;
  readonly groups: Informer<GroupObject>;
  readonly deployments: Informer<Deployment>;
  readonly pods: Informer<Pod>;
  readonly disruptionBudgets: Informer<PodDisruptionBudget>;
  readonly revisions: Informer<ControllerRevision>;
  /** Those of groups, with the hash of their credentials in place of what is in them. */
  readonly secrets: Informer<Secret>;
  /** All ConfigMaps, with the hash of their content in place of it. */
  readonly configMaps: Informer<ConfigMap>;
  /** Resolves when all are synced. */
  readonly synced: Promise<void>;
  readonly groupsOfPipeline: (key: string) => readonly Stored<GroupObject>[];
  readonly groupsOf: (key: string) => readonly Stored<GroupObject>[];
  readonly deploymentsOf: (key: string) => readonly Stored<Deployment>[];
  readonly podsOf: (key: string) => readonly Stored<Pod>[];
  readonly revisionsOf: (key: string) => readonly Stored<ControllerRevision>[];
  readonly pipelinesFrom: (key: string) => readonly Stored<PipelineObject>[];
  readonly freeGroupsFrom: (key: string) => readonly Stored<GroupObject>[];
  readonly ownedConfigMaps: (uid: string) => readonly Stored<ConfigMap>[];
}

export interface InformersOptions {
  readonly client: KubeClient;
  /** Undefined: all of the cluster. */
  readonly namespaces: readonly string[] | undefined;
  /** Longest time of one watch. */
  readonly watchWindowMs: number;
  readonly observe: Observe;
}

/** Of a group, whatever its template; `pipeline` is empty for a free-standing one. */
export function groupKey(namespace: string, pipeline: string, group: string): string {
  return `${namespace}/${pipeline}/${group}`;
}

export function startInformers(common: InformersOptions): Informers {
  const all = <T extends KubeObject>(resource: Resource<T>): Informer<T> => startInformer({ ...common, resource });
  const managed = <T extends KubeObject>(resource: Resource<T>): Informer<T> =>
    startInformer({ ...common, resource, labelSelector: MANAGED_SELECTOR });
  const started = {
    pipelines: all(pipelines),
    groups: all(groups),
    deployments: managed(deployments),
    pods: managed(pods),
    disruptionBudgets: managed(podDisruptionBudgets),
    revisions: managed(controllerRevisions),
    secrets: startInformer({
      ...common,
      resource: secrets,
      labelSelector: MANAGED_SELECTOR,
      transform: withoutContent,
    }),
    configMaps: startInformer({ ...common, resource: configMaps, transform: onlyHash }),
  };
  return {
    ...started,
    synced: Promise.all(Object.values(started).map(({ synced }) => synced)).then(() => undefined),
    ...indexesOf(started),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(Object.values(started).map(async (informer) => informer.stop()));
    },
  };
}

function indexesOf(
  started: Pick<Informers, "groups" | "deployments" | "pods" | "revisions" | "pipelines" | "configMaps">,
): Pick<
  Informers,
  | "groupsOfPipeline"
  | "groupsOf"
  | "deploymentsOf"
  | "podsOf"
  | "revisionsOf"
  | "pipelinesFrom"
  | "freeGroupsFrom"
  | "ownedConfigMaps"
> {
  return {
    groupsOfPipeline: started.groups.index(({ metadata, spec }) =>
      spec.pipelineRef === undefined ? [] : [`${metadata.namespace ?? ""}/${spec.pipelineRef.name}`],
    ),
    groupsOf: started.groups.index((group) => [keyOfGroup(group)]),
    deploymentsOf: started.deployments.index(labelledGroup),
    podsOf: started.pods.index(labelledGroup),
    revisionsOf: started.revisions.index(ownerUids),
    pipelinesFrom: started.pipelines.index((pipeline) => sourceKeys(pipeline)),
    freeGroupsFrom: started.groups.index((group) => sourceKeys(group)),
    ownedConfigMaps: started.configMaps.index(ownerUids),
  };
}

export function keyOfGroup({ metadata, spec }: GroupObject): string {
  const { pipelineRef, group } = spec;
  return groupKey(metadata.namespace ?? "", pipelineRef?.name ?? "", group ?? metadata.name);
}

/** As labels say: also of pods, whose owner is a ReplicaSet. */
export function labelledGroup({ metadata }: KubeObject): string[] {
  const group = metadata.labels?.[GROUP_LABEL];
  return group === undefined
    ? []
    : [groupKey(metadata.namespace ?? "", metadata.labels?.[PIPELINE_LABEL] ?? "", group)];
}

function ownerUids({ metadata }: KubeObject): string[] {
  return (metadata.ownerReferences ?? []).map(({ uid }) => uid);
}

function sourceKeys({ metadata, spec }: PipelineObject | GroupObject): string[] {
  const configMap = spec.source?.configMap;
  return configMap === undefined ? [] : [`${metadata.namespace ?? ""}/${configMap}`];
}

/** A fingerprint among the annotations says what a Secret was made for; of its content nothing is kept but the hash, by which an edit is seen. */
function withoutContent({ data, metadata, ...rest }: Stored<Secret>): Stored<Secret> {
  const annotations = { ...metadata.annotations, [SEEN_CONTENT_ANNOTATION]: credentialsHash(data) };
  return { ...rest, metadata: { ...metadata, annotations } };
}

/** Modules can be large, and a cluster has ConfigMaps of many others. */
function onlyHash(configMap: Stored<ConfigMap>): Stored<ConfigMap> {
  const { data: _, binaryData: __, metadata, ...rest } = configMap;
  const { name, namespace, uid, resourceVersion, creationTimestamp, labels, ownerReferences } = metadata;
  return {
    ...rest,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      uid,
      resourceVersion,
      creationTimestamp,
      ...(labels === undefined ? {} : { labels }),
      ...(ownerReferences === undefined ? {} : { ownerReferences }),
      annotations: { [CONTENT_HASH_ANNOTATION]: contentHash(configMap) },
    },
  };
}
