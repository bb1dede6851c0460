/** What callers may say when they build and start a pipeline. */
import type { AutoscaleSpec, Json, JobsSpec, JsonObject, Quantity, SourceSpec } from "@troupe/model";

export interface PipelineOptions {
  /** Timeouts, attempts, limits of all its jobs. */
  readonly jobs?: JobsSpec;
  /** A value that every module can read. Default null. */
  readonly context?: Json;
  /** Readable by every module. Default `{}`. */
  readonly sharedParameters?: JsonObject;
  /**
   * Files and folders that register the module types. Default: the files in which the given classes were registered, which is
   * right as long as those register them whenever they are imported.
   */
  readonly modules?: string | readonly string[];
  /** Where module code comes from on a cluster. */
  readonly source?: SourceSpec;
}

export interface GroupOptions {
  readonly name: string;
  /** Default 1. */
  readonly replicas?: number;
  /** Jobs that one replica works on at a time. Default 1. */
  readonly concurrency?: number;
  /** Cores that one replica claims; fractions are added up. Default: none. */
  readonly cpu?: number | string;
  /** Memory that one replica claims, as Kubernetes writes it: `2Gi`. */
  readonly memory?: Quantity;
  /** GPUs that one replica claims: whole ones, or a fraction of one. Default: none. */
  readonly gpu?: number | string;
  /** The extended resource that `gpu` counts on Kubernetes. Default `nvidia.com/gpu`. */
  readonly gpuResource?: string;
  /** How long one job may take in this group, in seconds. Default: no limit. */
  readonly timeoutSeconds?: number;
  /** How long a module may take to honour its AbortSignal, in seconds. Default 5. */
  readonly graceSeconds?: number;
  readonly autoscale?: AutoscaleSpec;
  /** Overlay of the pod template. */
  readonly template?: JsonObject;
}

export interface ModuleOptions<Earlier extends string, Expose extends boolean | string> {
  /** One that was not added before gets the defaults. Default: the group of all modules that name none. */
  readonly group?: string;
  /** Modules added before. Results are handed over in this order. */
  readonly dependsOn?: Earlier | readonly Earlier[];
  readonly parameters?: JsonObject;
  /** `true`: its result is part of the job's result under its own name; a text: under that name. Default false. */
  readonly expose?: Expose;
  /** How long one run may take, in seconds. Default: no limit. */
  readonly timeoutSeconds?: number;
  /** What one run is expected to take, in seconds; read by `plan` alone. */
  readonly estimateSeconds?: number;
}

export interface FileOptions {
  /** Values of `${NAME}` placeholders. */
  readonly set?: Readonly<Record<string, string>>;
  /** Wins over the context of the file. */
  readonly context?: Json;
  /** Files and folders of modules. Default: the ConfigMap that the same file holds, else `modules/` beside it. */
  readonly modules?: string | readonly string[];
}
