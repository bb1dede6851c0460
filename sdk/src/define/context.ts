import type { Json, JsonObject } from "@troupe/model";
import type { ResultSet } from "./result-set.ts";

/** Writes a record with module and, while a job runs, job and attempt. `fields` is JSON beside the message. */
export interface Logger {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** What one replica of the group was promised. */
export interface ResourceClaim {
  /** Cores; null when not claimed. */
  readonly cpu: number | null;
  /** Bytes; null when not claimed. */
  readonly memory: number | null;
  /** GPUs, possibly a fraction; 0 when not claimed. */
  readonly gpu: number;
}

/** What a module knows for as long as it lives; given to `bootstrap` and `teardown`. */
export interface BootContext {
  readonly pipeline: string;
  /** The module's name in the pipeline. */
  readonly module: string;
  /** Its registered type. */
  readonly type: string;
  readonly group: string;
  /** Name of the replica: the pod's name, or `g2-0` on the laptop. */
  readonly replica: string;
  readonly parameters: JsonObject;
  readonly sharedParameters: JsonObject;
  /** The pipeline's context; null when none was given. */
  readonly context: Json;
  readonly resources: ResourceClaim;
  readonly logger: Logger;
  /** Aborts when the run shall end: cancelled, timed out. Honour it within the group's `graceSeconds`. */
  readonly signal: AbortSignal;
}

/** Everything about one run of a module. Input and results are decoded when first read; every module gets copies of its own. */
export interface RunContext<Input = unknown> extends BootContext {
  readonly job: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** The same for every attempt of this block for this job: use it where doing something twice would hurt. */
  readonly idempotencyKey: string;
  /** The job's input: the JSON value, or a `Uint8Array` for binary. */
  readonly input: Input;
  /** The parents' results, in declared order. */
  readonly results: ResultSet;
  /** Reports how far the run is: a fraction between 0 and 1, or null to say something only. The latest one is shown. */
  readonly progress: (fraction: number | null, message?: string) => void;
}

/** A run of an aggregate's `process`. */
export interface ProcessContext<Item = unknown> extends RunContext {
  /** What `aggregate` returned for every job since the last successful `process`, in the order in which the jobs became ready. */
  readonly items: readonly Item[];
}
