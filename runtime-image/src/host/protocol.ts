/**
 * What agent and host say to each other over the host's MessagePort, in both directions as arrays of messages: one post per
 * tick. Executions are named by a number that is unique in the agent's process; the host knows nothing of leases.
 */
import type { ModuleTypeFacts, Revision } from "@troupe/model";
import type { Failure, Phase } from "@troupe/protocol";

/** JSON as text, JSON as bytes when it is large (transferred, not copied), or binary. */
export type HostPayload = string | { readonly json: Uint8Array } | Uint8Array;

/** Instantiate and bootstrap the group's modules as this revision has them. Answered by `prepared` or `unprepared`. */
export interface PrepareOrder {
  readonly t: "prepare";
  readonly revision: Revision;
}

/** No execution of this revision will follow until it is prepared again: tear down what only it uses. */
export interface RetireOrder {
  readonly t: "retire";
  readonly revision: string;
}

/** Run a block as soon as a permit is free. Blocks start in the order of their orders. */
export interface RunOrder {
  readonly t: "run";
  readonly n: number;
  readonly job: string;
  readonly attempt: number;
  readonly key: string;
  readonly revision: string;
  readonly phase: Phase;
  readonly input: HostPayload;
  /** Module index and output. */
  readonly results: readonly (readonly [number, HostPayload])[];
  /** Index of an aggregate and its items. */
  readonly items: readonly (readonly [number, readonly HostPayload[]])[];
}

/** Take it from the queue, or abort its signal when it runs. Answered by `stopped`, unless it ends first. */
export interface AbortOrder {
  readonly t: "abort";
  readonly n: number;
  readonly reason: string;
}

/** Take it from the queue if it has not started. Answered by `stopped` only then. */
export interface RevokeOrder {
  readonly t: "revoke";
  readonly n: number;
}

/** Tear all modules down. Answered by `closed`. */
export interface CloseOrder {
  readonly t: "close";
}

export type ToHost = PrepareOrder | RetireOrder | RunOrder | AbortOrder | RevokeOrder | CloseOrder;

/** Flat: module index, start, end; and again. Times are Unix milliseconds. */
export type FlatSpans = readonly number[];

export interface HostDone {
  readonly t: "done";
  readonly n: number;
  readonly module: number;
  readonly output: HostPayload;
  readonly last: boolean;
  readonly spans: FlatSpans;
}

export interface HostFailed {
  readonly t: "failed";
  readonly n: number;
  readonly module: number | null;
  readonly failure: Failure;
  readonly spans: FlatSpans;
}

/** The block ended without a result of its own: aborted, revoked, or there was nothing to do. */
export interface HostStopped {
  readonly t: "stopped";
  readonly n: number;
  /** The module that was aborted; null when the block had not started. */
  readonly module: number | null;
  readonly spans: FlatSpans;
}

export interface HostProgress {
  readonly t: "progress";
  readonly n: number;
  readonly module: number;
  readonly fraction: number | null;
  readonly message: string | null;
}

export type LogLevel = "debug" | "info" | "warn" | "error";

export interface HostLog {
  readonly t: "log";
  readonly level: LogLevel;
  readonly text: string;
  /** Unix milliseconds. */
  readonly at: number;
  readonly module?: string;
  readonly job?: string;
  readonly attempt?: number;
  /** JSON text of an object. */
  readonly fields?: string;
}

export type FromHost =
  | { readonly t: "loaded" }
  /** The module files could not be loaded; the host is of no use. */
  | { readonly t: "unloadable"; readonly failure: Failure }
  | { readonly t: "prepared"; readonly revision: string }
  | { readonly t: "unprepared"; readonly revision: string; readonly failure: Failure }
  | HostDone
  | HostFailed
  | HostStopped
  | HostProgress
  | HostLog
  /** An error that belongs to no execution; the host ends. */
  | { readonly t: "fatal"; readonly failure: Failure }
  | { readonly t: "closed" };

/** What a host is started with, as `workerData`. */
export type HostStart =
  | {
      readonly mode: "serve";
      readonly files: readonly string[];
      readonly group: string;
      readonly replica: string;
      readonly permits: number;
      /** Shared with the agent; see `slots.ts`. */
      readonly slots: SharedArrayBuffer;
    }
  | { readonly mode: "describe"; readonly files: readonly string[] };

/** One file, or what was asked for, that could not be loaded. */
export interface LoadProblem {
  readonly file: string;
  readonly message: string;
  /** What to do about it; empty when the message says it. */
  readonly hint: string;
  readonly stack: string | null;
}

/** The one answer of a host in mode `describe`. */
export interface Description {
  readonly types: readonly ModuleTypeFacts[];
  readonly problems: readonly LoadProblem[];
}
