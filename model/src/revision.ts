/**
 * The immutable compiled form of a pipeline: what coordinator and agents work from.
 *
 * Modules and groups refer to each other by index into these arrays; names are values only. A revision is plain JSON, so
 * that it travels in a key-value bucket as it is.
 */
import type { Json, JsonObject } from "./json.ts";

export interface Revision {
  /** `r` and the first 12 hex digits of the SHA-256 of the canonical JSON of everything below. */
  readonly id: string;
  readonly namespace: string;
  readonly pipeline: string;
  readonly modules: readonly CompiledModule[];
  readonly groups: readonly CompiledGroup[];
  readonly jobs: JobPolicy;
  readonly sharedParameters: JsonObject;
  /** A value that every module can read; `null` when none was given. */
  readonly context: Json;
}

/** `regular` modules run for every job; `aggregate` marks an aggregate and all that lies downstream of one. */
export type ModulePhase = "regular" | "aggregate";

export interface CompiledModule {
  readonly name: string;
  /** The registered type that the module is an instance of. */
  readonly type: string;
  /** Index of its group. */
  readonly group: number;
  /** Indexes of its parents, in declared order. */
  readonly dependsOn: readonly number[];
  /** The name under which its result appears in the job's result, or null. */
  readonly expose: string | null;
  readonly parameters: JsonObject;
  /** True for an aggregate itself (not for what follows it). */
  readonly aggregate: boolean;
  readonly phase: ModulePhase;
  /** How long one run may take before it is aborted, in milliseconds; null: no limit of its own. */
  readonly timeoutMs: number | null;
  /** The declared estimate of one run in seconds, for `plan`; null when not declared. */
  readonly estimateSeconds: number | null;
  /**
   * Whether the engine must journal this module's result by itself: another group depends on it, it is exposed, or it is an
   * aggregate or the last of its group in its phase. All others are implied by a later module of the same block.
   */
  readonly journalled: boolean;
}

export interface CompiledGroup {
  readonly name: string;
  /** The declared number, or null when whoever scales the group owns it (then 1 unless scaled). */
  readonly replicas: number | null;
  /** How many blocks one replica works on at a time. */
  readonly concurrency: number;
  readonly resources: CompiledResources;
  /** All modules of the group in execution order: topological, ties by declared order. */
  readonly modules: readonly number[];
  /** The start condition of the `run` phase: modules outside the group that its regular modules and aggregates depend on. */
  readonly startCondition: readonly number[];
  /** How long one block may take, in milliseconds; null: no limit of its own. */
  readonly timeoutMs: number | null;
  /** How long a module may take to honour its AbortSignal before its host is ended. Default 5,000. */
  readonly graceMs: number;
  /** Hash of image, module source and pod template; replicas announce it and dispatch matches it. */
  readonly templateHash: string;
}

/** A claim of one replica, in base units. */
export interface CompiledResources {
  /** Cores; null when not claimed. */
  readonly cpu: number | null;
  /** Bytes; null when not claimed. */
  readonly memory: number | null;
  /** GPUs, possibly a fraction; 0 when not claimed. */
  readonly gpu: number;
}

export interface JobPolicy {
  /** From submission to the end; null: no limit. */
  readonly timeoutMs: number | null;
  /** The longest that a ready block may wait for a replica; null: no limit. */
  readonly queueTimeoutMs: number | null;
  /** How often a block may be charged with a failure before its job fails. Default 3. */
  readonly maxAttempts: number;
  readonly backoff: { readonly initialMs: number; readonly maxMs: number };
  /** Open jobs beyond which a submission is refused. Default 1,000. */
  readonly maxInFlight: number;
  /** How long an ended job stays inspectable. Default one day. */
  readonly keepResultsMs: number;
}
