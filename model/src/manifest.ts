/** What users declare: the two resources of `troupe.dev/v1alpha1` as they stand in a file. */
import type { Json, JsonObject } from "./json.ts";

export const API_VERSION = "troupe.dev/v1alpha1";

export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly generation?: number;
  readonly resourceVersion?: string;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly [field: string]: unknown;
}

export interface PipelineManifest {
  readonly apiVersion: typeof API_VERSION;
  readonly kind: "Pipeline";
  readonly metadata: ObjectMeta;
  readonly spec: PipelineSpec;
  /** Written by the operator alone; never read from a file. */
  readonly status?: unknown;
}

export interface PipelineSpec {
  /** Where module code comes from on a cluster; the laptop may do without. */
  readonly source?: SourceSpec;
  readonly modules: readonly ModuleSpec[];
  /** Optional: a group named by a module and not listed here gets the defaults. */
  readonly groups?: readonly GroupSpec[];
  readonly jobs?: JobsSpec;
  /** Readable by every module. Default `{}`. */
  readonly sharedParameters?: JsonObject;
  /** A value that every module can read. Default null. */
  readonly context?: Json;
  /** Accept jobs but dispatch none. Default false. */
  readonly suspend?: boolean;
}

/** At least one of the two: an image, a ConfigMap of flat module files, or an image that the ConfigMap is mounted into. */
export interface SourceSpec {
  readonly configMap?: string;
  readonly image?: string;
}

export interface ModuleSpec {
  readonly name: string;
  /** The registered type that the module is an instance of. */
  readonly type: string;
  readonly group: string;
  /** Names of its parents; results are handed over in this order. */
  readonly dependsOn?: readonly string[];
  readonly parameters?: JsonObject;
  /** `true`: its result is part of the job's result under its own name; a text: under that name. Default false. */
  readonly expose?: boolean | string;
  /** Whether the type is an aggregate. Needed only where the code is not at hand; default: what the type says. */
  readonly aggregate?: boolean;
  /** How long one run may take, in seconds. Default: no limit. */
  readonly timeoutSeconds?: number;
  /** What one run is expected to take, in seconds; read by `plan` alone. */
  readonly estimateSeconds?: number;
}

/** What `groups[]` and a Group resource can both say. */
export interface GroupSettings {
  /** Absent: left to whoever scales the group, 1 until then. */
  readonly replicas?: number;
  /** Blocks that one replica works on at a time. Default 1. */
  readonly concurrency?: number;
  readonly resources?: ResourcesSpec;
  /** How long one block may take, in seconds. Default: no limit. */
  readonly timeoutSeconds?: number;
  /** How long a module may take to honour its AbortSignal, in seconds. Default 5. */
  readonly graceSeconds?: number;
  /** How long an old template is kept for the jobs pinned to it, in seconds. */
  readonly drainTimeoutSeconds?: number;
  readonly autoscale?: AutoscaleSpec;
  /** Overlay of the pod template, for all that has no field of its own. */
  readonly template?: JsonObject;
}

export interface GroupSpec extends GroupSettings {
  readonly name: string;
}

/** A Kubernetes quantity: a whole number, or a text such as `500m`, `0.5` or `2Gi`. */
export type Quantity = number | string;

export interface ResourcesSpec {
  /** Cores. */
  readonly cpu?: Quantity;
  /** Bytes. */
  readonly memory?: Quantity;
  /** GPUs; below one a fraction of a GPU, in quotes. */
  readonly gpu?: Quantity;
  /** The extended resource that `gpu` counts. Default `nvidia.com/gpu`. */
  readonly gpuResource?: string;
}

export interface AutoscaleSpec {
  /** Default 0. */
  readonly minReplicas?: number;
  readonly maxReplicas: number;
  /** Queued blocks that one replica is wanted for. Default 1. */
  readonly targetQueued?: number;
  /** Idle time after which a replica is given up, in seconds. Default 300. */
  readonly idleSeconds?: number;
}

export interface JobsSpec {
  /** From submission to the end. Default: no limit. */
  readonly timeoutSeconds?: number;
  /** The longest that a ready block may wait for a replica. Default: no limit. */
  readonly queueTimeoutSeconds?: number;
  /** Default 3. */
  readonly maxAttempts?: number;
  /** Default 1 s, growing to 30 s. */
  readonly backoff?: { readonly initialSeconds?: number; readonly maxSeconds?: number };
  /** Open jobs beyond which a submission is refused. Default 1,000. */
  readonly maxInFlight?: number;
  /** How long an ended job stays inspectable. Default one day. */
  readonly keepResultsSeconds?: number;
}

/** A Group of a pipeline (`pipelineRef` and `group`), or without them a free-standing pool of actor hosts. */
export interface GroupManifest {
  readonly apiVersion: typeof API_VERSION;
  readonly kind: "Group";
  readonly metadata: ObjectMeta;
  readonly spec: GroupManifestSpec;
  readonly status?: unknown;
}

export interface GroupManifestSpec extends GroupSettings {
  readonly pipelineRef?: { readonly name: string };
  /** The group of that pipeline which this resource settles. */
  readonly group?: string;
  /** Of a free-standing Group. */
  readonly source?: SourceSpec;
}

/** A ConfigMap that stands in the same file: module files by name. */
export interface ConfigMapManifest {
  readonly name: string;
  readonly data: Readonly<Record<string, string>>;
}

/** What is known of a registered module type. */
export interface ModuleTypeFacts {
  readonly type: string;
  readonly aggregate: boolean;
  /** Name of the interface of its results; null when not declared. */
  readonly produces: string | null;
  /** Names of the interfaces or module types whose results it takes; null: not declared, everything is taken. */
  readonly accepts: readonly string[] | null;
  /** The file that registered it; null when registered by code. */
  readonly file: string | null;
}
