/**
 * What the journal says. Folding these events, in order, is the whole durable state (see fold.ts); every rule about what counts
 * is applied there, so that an event may be appended on suspicion and the order of the journal decides.
 */
import type { Graph } from "@troupe/model";
import type { Failure, Lease, ModuleSpan, Payload, Phase } from "@troupe/protocol";

/** The first event of every owner's time (E8). */
export interface EpochEvent {
  readonly type: "epoch";
  readonly epoch: number;
  readonly owner: string;
  readonly at: number;
}

/** The graph of a revision, before the first job that uses it. */
export interface RevisionEvent {
  readonly type: "revision";
  readonly graph: Graph;
}

export interface SubmitEvent {
  readonly type: "submit";
  readonly job: string;
  readonly revision: string;
  readonly phase: Phase;
  readonly input: Payload;
  /** Digest of the input, to tell a repetition from a conflict (E1). */
  readonly digest: string;
  readonly at: number;
  /** Who is told the outcome unasked; in the journal so that a new owner tells them too. */
  readonly wait?: Listener;
}

/** A subject that a job's outcome goes to. */
export interface Listener {
  readonly to: string;
  readonly timeline: boolean;
}

export interface DoneEvent {
  readonly type: "done";
  readonly job: string;
  readonly module: number;
  readonly lease: Lease;
  readonly replica: string;
  readonly output: Payload;
  readonly spans: readonly ModuleSpan[];
  readonly at: number;
}

/** A block's execution failed or was lost. */
export interface FailEvent {
  readonly type: "fail";
  readonly job: string;
  readonly group: number;
  /** The module that failed, or null. */
  readonly module: number | null;
  readonly lease: Lease;
  readonly replica: string;
  readonly failure: Failure;
  readonly charged: boolean;
  /** When it may be tried again, if the rules allow another attempt. Unix milliseconds. */
  readonly retryAt: number;
  readonly spans: readonly ModuleSpan[];
  readonly at: number;
}

/** From here on only results of this lease count for the block; what is journalled of it already is inherited (E5). */
export interface LeaseEvent {
  readonly type: "lease";
  readonly job: string;
  readonly group: number;
  readonly lease: Lease;
  /** Of a block that must not run twice. */
  readonly holder?: Holder;
}

/** The process that an execution is sent to: alone its word counts on whether it ever came (E2). */
export interface Holder {
  readonly replica: string;
  readonly instance: string;
}

export interface CancelEvent {
  readonly type: "cancel";
  readonly job: string;
  readonly reason: string;
  readonly at: number;
}

/** A time limit of the job passed: it fails. */
export interface ExpireEvent {
  readonly type: "expire";
  readonly job: string;
  readonly group: number | null;
  readonly failure: Failure;
  readonly at: number;
}

/** A failed job goes on from the module that failed. Carries the job, whose record may have left the fold. */
export interface RetryEvent {
  readonly type: "retry";
  readonly job: string;
  readonly revision: string;
  readonly phase: Phase;
  readonly input: Payload;
  readonly digest: string;
  readonly submittedAt: number;
  readonly outputs: readonly { readonly module: number; readonly output: Payload }[];
  readonly at: number;
}

/** These ended jobs are recorded on a page of the records stream and leave the fold. */
export interface PageEvent {
  readonly type: "page";
  readonly page: number;
  readonly jobs: readonly string[];
  /** What their records hold of stored payloads: ids as in `BlobRef.id`. A former version wrote ids of jobs, for all that is stored for them. */
  readonly stored: readonly string[];
  readonly at: number;
}

/** Pages below this one are forgotten: their time is over. */
export interface ForgetEvent {
  readonly type: "forget";
  readonly below: number;
}

/** No job needs this revision any more, and new ones get another: its graph leaves the fold. */
export interface ReleaseEvent {
  readonly type: "release";
  readonly revision: string;
}

/** A snapshot counts from here on, and what it covers may be purged (E10). */
export interface SnapshotEvent {
  readonly type: "snapshot";
  readonly number: number;
  readonly parts: number;
  /** The journal sequence of the last frame that the snapshot contains. */
  readonly through: number;
  /** The number of that frame. */
  readonly frames: number;
  /** The checksum of that frame, to which the next one refers. */
  readonly checksum: number;
}

export type JournalEvent =
  | EpochEvent
  | RevisionEvent
  | SubmitEvent
  | DoneEvent
  | FailEvent
  | LeaseEvent
  | CancelEvent
  | ExpireEvent
  | RetryEvent
  | PageEvent
  | ForgetEvent
  | ReleaseEvent
  | SnapshotEvent;
