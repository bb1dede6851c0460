/**
 * What agents and the owner of a pipeline say to each other over core NATS. Nothing here needs to be durable: what it says
 * is in the journal, or is said again until it is (E3).
 *
 * Both directions travel in batches, one envelope per batch, so that a busy replica costs a message per tick and not per job.
 */
import type { Payload } from "./payload.ts";
import type { Failure } from "./failure.ts";

/** The version of this protocol. An owner serves agents of this version and the one before. */
export const PROTOCOL_VERSION = 1;

/**
 * Names one execution of a block: `<epoch>:<n>`, unique within a pipeline for ever (E5). A redispatch has another lease.
 */
export type Lease = string;

/** What one module took, in Unix milliseconds of the machine that ran it (fractions allowed). */
export interface ModuleSpan {
  readonly module: number;
  readonly startedAt: number;
  readonly endedAt: number;
}

/** `run` carries one job through regular modules and `aggregate()`; `process` through `process()` and what follows it. */
export type Phase = "run" | "process";

// ------------------------------------------------------------------------------------------------ agent → owner

/** Who speaks. `instance` is new with every start of the process, `replica` stays. */
export interface Speaker {
  readonly group: string;
  readonly replica: string;
  readonly instance: string;
}

/**
 * `starting`: alive, code not yet loaded and bootstrapped. `ready`: takes jobs. `draining`: finishes what runs, takes no more.
 * `broken`: loading or bootstrap failed; `Beat.problem` says why; it is tried again.
 */
export type ReplicaState = "starting" | "ready" | "draining" | "broken";

/**
 * The heartbeat: on start, on every change of state, on every new epoch or reconnect, and every second. It lists every
 * execution that is queued or runs here or has results that were not acknowledged. The owner redispatches an execution that
 * is missing from two beats in a row, and cancels one it does not know (E5).
 */
export interface Beat {
  readonly type: "beat";
  readonly version: number;
  readonly state: ReplicaState;
  readonly permits: number;
  readonly templateHash: string;
  /** The highest epoch that this agent has seen. */
  readonly epoch: number;
  readonly executions: readonly { readonly job: string; readonly lease: Lease }[];
  readonly problem?: Failure;
}

/** A journalled module ended well. Sent the moment it ended (E4), and again until acknowledged (E3). */
export interface Done {
  readonly type: "done";
  readonly job: string;
  readonly lease: Lease;
  readonly module: number;
  readonly output: Payload;
  /** Whether the block is finished and the permit free. */
  readonly last: boolean;
  /** All modules that ended since the last message of this execution, this one included. */
  readonly spans: readonly ModuleSpan[];
}

/** The execution ended badly. Sent again until acknowledged. */
export interface Fail {
  readonly type: "fail";
  readonly job: string;
  readonly lease: Lease;
  /** The module that failed; null when none was running (bootstrap, payload of the input). */
  readonly module: number | null;
  readonly failure: Failure;
  /**
   * `own`: this execution is to blame and is charged an attempt. `shared`: its host died while several executions ran, and
   * nobody knows whose fault it was; uncharged, rerun alone (E9).
   */
  readonly fault: "own" | "shared";
  readonly spans: readonly ModuleSpan[];
}

/** An execution is given back unfinished: its replica is draining, or could not work on it. Uncharged. */
export interface HandBack {
  readonly type: "back";
  readonly job: string;
  readonly lease: Lease;
  /** Whether user code has run for it: then a block that must never run twice is lost (E2). */
  readonly started: boolean;
}

/** What a running module reports. Volatile; the latest wins. */
export interface Progress {
  readonly type: "progress";
  readonly job: string;
  readonly lease: Lease;
  readonly module: number;
  /** Between 0 and 1, or null when the module only said something. */
  readonly fraction: number | null;
  readonly message: string | null;
}

/** A supervisor (the laptop's, or the kubelet's next container) has seen the process of `instance` end. */
export interface Gone {
  readonly type: "gone";
  readonly reason: string;
}

export type UpMessage = Beat | Done | Fail | HandBack | Progress | Gone;

export interface UpBatch {
  readonly from: Speaker;
  readonly messages: readonly UpMessage[];
}

// ------------------------------------------------------------------------------------------------ owner → agent

/** The journalled result of a module. */
export interface ModuleResult {
  readonly module: number;
  readonly output: Payload;
}

/**
 * Work on a block. Executions of one replica are started in the order in which they arrive, as many at a time as it has
 * permits; an owner that knows blocks to be short sends some ahead.
 */
export interface Run {
  readonly type: "run";
  readonly job: string;
  readonly lease: Lease;
  /** 1 for the first charged attempt. */
  readonly attempt: number;
  /** Stable over all executions of this block for this job: `<job>:<group>`. */
  readonly idempotencyKey: string;
  readonly revision: string;
  readonly phase: Phase;
  readonly input: Payload;
  /**
   * Results that are there already: of modules outside the group that the block needs, and of modules of the block itself
   * that an earlier execution got journalled (inherited; not run again).
   */
  readonly results: readonly ModuleResult[];
  /** How many `results` messages come before, when the results are too many for one message. Default 0. */
  readonly parts?: number;
  /** Only in phase `process`: how many items each aggregate of the block gets; the items come in `items` messages before. */
  readonly items: readonly { readonly module: number; readonly count: number }[];
  /** Run with no other execution in the same host (E9). */
  readonly alone: boolean;
  /** What is left of the job's time, in milliseconds; null: no limit. */
  readonly timeLeftMs: number | null;
}

/** Part of what the `run` of the same lease brings in results, sent before it (E10). */
export interface Results {
  readonly type: "results";
  readonly lease: Lease;
  /** From 0 on. */
  readonly part: number;
  readonly results: readonly ModuleResult[];
}

/** Part of an aggregate's fixed set, sent before the `run` of the same lease. */
export interface Items {
  readonly type: "items";
  readonly lease: Lease;
  readonly module: number;
  /** Position of the first of `items` in the set. */
  readonly from: number;
  readonly items: readonly Payload[];
}

/**
 * These are journalled, or no longer wanted: forget them. `module` is the module of a `done`, or -1 for the `fail` or `back`
 * of the execution.
 */
export interface Ack {
  readonly type: "ack";
  readonly what: readonly { readonly lease: Lease; readonly module: number }[];
}

/** Stop the execution and forget its results. No answer is expected; it leaves the beats. */
export interface Cancel {
  readonly type: "cancel";
  readonly lease: Lease;
  readonly reason: string;
}

/**
 * Is this execution with you? If its `run` never came, it must not be worked on any more, should it still come; that is answered by a `back` that
 * says so. Asked only where a block must never run twice (E2), again and again until there is an answer or a beat that lists it.
 */
export interface Recall {
  readonly type: "recall";
  readonly job: string;
  readonly lease: Lease;
}

/** Say who you are now: answered by a beat. */
export interface Beacon {
  readonly type: "beacon";
  readonly owner: string;
}

export type DownMessage = Run | Results | Items | Ack | Cancel | Recall | Beacon;

export interface DownBatch {
  /** The epoch of the owner that speaks. Agents ignore an epoch below the highest that they have seen (E8). */
  readonly epoch: number;
  readonly messages: readonly DownMessage[];
}
