/**
 * The living owner of a pipeline: the durable state and what only this owner knows, with the commands that its steps leave for the
 * shell. The steps, each in a file of its own:
 *
 *   door.ts      what clients ask          → appends, replies
 *   uplink.ts    what agents say           → appends, acknowledgements
 *   commit.ts    what the journal took     → ready blocks, ends, replies
 *   dispatch.ts  ready blocks to replicas  → runs
 *   replicas.ts  beats, losses, adoption   → redispatches (E5, E9)
 *   tick.ts      what time brings          → timeouts, backoff, pages, retention
 *   takeover.ts  a new owner's first moments
 *
 * A step is a function of (owner, input, moment): no clock, no randomness, no I/O of its own.
 */
import type { Graph } from "@troupe/model";
import {
  DEFAULT_CONTROL,
  type BlobPlace,
  type DownMessage,
  type Lease,
  type PipelineControl,
  type ReplicaProblem,
} from "@troupe/protocol";
import type { Execution, Replica } from "./execution.ts";
import { inlineBytes } from "./bytes.ts";
import type { JournalEvent, Listener, SubmitEvent } from "./events.ts";
import type { Block, Job } from "./job.ts";
import { ReadyQueue } from "./queue.ts";
import type { JournalState } from "./state.ts";
import type { ReplicaKey } from "./takeover.ts";

/** Where an answer goes: a NATS subject. */
export type ReplyTo = string;

/** An answer as data; the shell turns it into JSON. */
export type Reply =
  | { readonly kind: "accepted"; readonly id: string; readonly revision: string }
  | {
      readonly kind: "refused";
      readonly id?: string;
      readonly code: RefusalCode;
      readonly message: string;
      readonly hint: string;
      readonly retryAfterMs?: number;
    }
  | { readonly kind: "outcome"; readonly job: Job; readonly timeline: boolean }
  | { readonly kind: "pending"; readonly id: string }
  | { readonly kind: "state"; readonly id: string; readonly state: string }
  | { readonly kind: "status"; readonly job: Job }
  | { readonly kind: "timeline"; readonly job: Job };

export type RefusalCode =
  | "InvalidJobId"
  | "InvalidInput"
  | "JobConflict"
  | "TooManyJobs"
  | "StreamFull"
  /** Neither accepted nor refused: the journal does not answer. */
  | "Unconfirmed"
  | "JobNotFound"
  | "NotFailed"
  | "RecordUnreadable"
  | "NoRevision"
  | "AggregateFull"
  | "Suspended"
  | "InvalidRequest"
  | "PayloadTooLarge";

/** What to do with a recorded job once its page is read. */
export type RecordUse =
  | { readonly kind: "outcome" | "status" | "timeline" | "cancel"; readonly reply: ReplyTo; readonly timeline: boolean }
  | { readonly kind: "retry"; readonly reply: ReplyTo; readonly page: number | undefined }
  /** The same id came again: is it the same input? (E1) */
  | {
      readonly kind: "resubmission";
      readonly reply: ReplyTo;
      readonly digest: string;
      readonly wait: Listener | undefined;
    };

/** What waits for an append to be journalled. */
export interface AppendContext {
  readonly reply?: ReplyTo;
  /** Where the outcome of a submitted job goes. */
  readonly wait?: Waiter;
  /** Whether `reply` has time; see `SubmitRequest.late`. */
  readonly late?: boolean;
  /** Who is to be told that its message is journalled (E3). */
  readonly from?: { readonly group: string; readonly name: string };
}

export interface Waiter {
  readonly to: ReplyTo;
  readonly timeline: boolean;
  /** Monotonic milliseconds after which nobody listens any more. */
  readonly until: number;
  /** Whether to say "pending" then. */
  readonly sayPending: boolean;
}

export type LogLevel = "debug" | "info" | "warn" | "error";

export type Command =
  | { readonly kind: "append"; readonly event: JournalEvent; readonly context: AppendContext }
  | { readonly kind: "send"; readonly group: string; readonly replica: string; readonly message: DownMessage }
  | { readonly kind: "reply"; readonly to: ReplyTo; readonly reply: Reply }
  | { readonly kind: "write-page"; readonly jobs: readonly Job[] }
  | { readonly kind: "read-record"; readonly page: number; readonly job: string; readonly use: RecordUse }
  /** Nobody needs this stored payload any more. `place`: where it lies; undefined: anywhere. */
  | { readonly kind: "purge-blob"; readonly id: string; readonly place: BlobPlace | undefined }
  | { readonly kind: "purge-pages"; readonly below: number }
  | {
      readonly kind: "log";
      readonly level: LogLevel;
      readonly message: string;
      readonly fields: Readonly<Record<string, unknown>>;
    };

/** Ready blocks and replicas of one group. */
export interface GroupState {
  readonly name: string;
  /** By template hash: a replica serves blocks of its own hash only. */
  readonly queues: Map<string, ReadyQueue>;
  readonly replicas: Map<string, Replica>;
  /** Instances that have ended, and until when (monotonic) a beat of theirs is taken for a late one. */
  readonly ended: Map<string, number>;
  /** Since when (monotonic) no replica could be set up, whatever was tried; undefined: one can, or none is there. */
  brokenSince: number | undefined;
  /** Moving average of a block's running time in milliseconds; undefined until one ended. */
  blockMs: number | undefined;
  /** When a block was last queued or running, in Unix milliseconds; undefined: never. */
  lastBusyAt: number | undefined;
  /** What went wrong lately in its replicas, newest last. */
  readonly recent: ReplicaProblem[];
  /** The last uncharged redispatch, which goes to the journal first (E5); what is dispatched meanwhile waits for it (E7). */
  lastRedispatch: Execution | undefined;
}

export interface OwnerSettings {
  /** A replica silent for this long is lost. */
  readonly leaseMs: number;
  /** A group whose replicas all fail to be set up for this long fails the jobs that wait for it. */
  readonly brokenMs: number;
  /** How long after a takeover executions of the former owner may announce themselves. */
  readonly graceMs: number;
  /** Ended jobs to a page, at most. */
  readonly pageJobs: number;
  /** An ended job waits at most this long for its page. */
  readonly pageMs: number;
  /** Records kept at most, whatever their age (E10). */
  readonly maxRecords: number;
  /** Inline payload bytes of all open jobs, at most. */
  readonly maxInlineBytes: number;
  /** The same of all pipelines that one process owns. */
  readonly maxProcessBytes: number;
  /** Inline payload bytes that one message may carry: below half of the server's `max_payload` (E10). */
  readonly maxMessageBytes: number;
  /** Payload bytes in one message to a replica, but for a single payload that is larger; what is more travels in numbered parts (E10). */
  readonly partBytes: number;
  /** How long a wait is kept before it has to be renewed. */
  readonly waitMs: number;
}

export const DEFAULT_SETTINGS: OwnerSettings = {
  leaseMs: 3_000,
  brokenMs: 15_000,
  graceMs: 1_000,
  pageJobs: 256,
  pageMs: 1_000,
  maxRecords: 200_000,
  maxInlineBytes: 256 * 1024 * 1024,
  maxProcessBytes: 512 * 1024 * 1024,
  maxMessageBytes: 448 * 1024,
  partBytes: 256 * 1024,
  waitMs: 30_000,
};

export interface Owner {
  readonly state: JournalState;
  readonly settings: OwnerSettings;
  readonly epoch: number;
  /** The revision that new jobs get; undefined until one is there. */
  current: Graph | undefined;
  /** What applies whatever the revision. */
  control: PipelineControl;
  readonly groups: Map<string, GroupState>;
  readonly executions: Map<Lease, Execution>;
  readonly waiters: Map<string, Waiter[]>;
  /** Acceptances of open jobs that have time, oldest first, and since when (monotonic) they wait. */
  readonly lateAccepts: Map<string, { readonly to: ReplyTo; readonly since: number }>;
  /** Blocks that a former owner may have dispatched, until the grace ends. */
  readonly unclaimed: Set<Block>;
  /** Groups in which nothing starts before the grace ends: what a former owner may have dispatched there comes first (E7). */
  readonly held: Set<string>;
  /** Monotonic end of the grace after a takeover. */
  graceUntil: number;
  /** Monotonic end of the time for which a replica that a former owner sent a once-only block to may be silent (E2, E5). */
  holdersUntil: number;
  /** Replicas that a takeover still waits for, and whether it knew of any. */
  readonly expected: Set<ReplicaKey>;
  isGraceBounded: boolean;
  /** Blocks whose backoff is not over. */
  readonly delayed: Set<Block>;
  /** Submissions on their way to the journal. */
  submitting: number;
  /** Bytes of their inline inputs. */
  submittingBytes: number;
  /** Inline payload bytes that other pipelines of this process hold, as far as this owner was told. */
  elsewhereBytes: number;
  /** Results on their way to the journal, by {@link resultKey}. */
  readonly resultsUnderWay: Set<string>;
  /** Jobs whose retry is on its way to the journal: what is stored for them is needed, though their record may expire first. */
  readonly retriesUnderWay: Set<string>;
  /** Monotonic moment when revisions that nobody needs were last looked for. */
  revisionsCheckedAt: number;
  /** Ids of revisions whose graph is journalled or on its way. */
  readonly announced: Set<string>;
  leases: number;
  pageUnderWay: boolean;
  forgetUnderWay: boolean;
  /** Monotonic moment when the oldest ended job without a page ended; 0 when there is none. */
  endedSince: number;
  /** About how many bytes the records of ended jobs without a page will take. */
  endedBytes: number;
  /** Why submissions are refused at the moment, or undefined. */
  full: string | undefined;
  /** Between 0 and 1. Injected: the core has no randomness of its own. */
  readonly random: () => number;
  commands: Command[];
}

export function newOwner(
  state: JournalState,
  options: { readonly epoch: number; readonly settings?: Partial<OwnerSettings>; readonly random: () => number },
): Owner {
  return {
    state,
    settings: { ...DEFAULT_SETTINGS, ...options.settings },
    epoch: options.epoch,
    current: undefined,
    control: DEFAULT_CONTROL,
    groups: new Map(),
    executions: new Map(),
    waiters: new Map(),
    lateAccepts: new Map(),
    unclaimed: new Set(),
    held: new Set(),
    graceUntil: 0,
    holdersUntil: 0,
    expected: new Set(),
    isGraceBounded: false,
    delayed: new Set(),
    submitting: 0,
    submittingBytes: 0,
    elsewhereBytes: 0,
    resultsUnderWay: new Set(),
    retriesUnderWay: new Set(),
    revisionsCheckedAt: 0,
    announced: new Set(state.revisions.keys()),
    leases: 0,
    pageUnderWay: false,
    forgetUnderWay: false,
    endedSince: 0,
    endedBytes: 0,
    full: undefined,
    random: options.random,
    commands: [],
  };
}

/** Names the result of a module in one execution. */
export function resultKey(lease: Lease, module: number): string {
  return `${lease}/${module}`;
}

/** The commands since the last call, in order. */
export function takeCommands(owner: Owner): Command[] {
  const { commands } = owner;
  if (commands.length > 0) owner.commands = [];
  return commands;
}

const NO_CONTEXT: AppendContext = {};

export function append(owner: Owner, event: JournalEvent, context: AppendContext = NO_CONTEXT): void {
  owner.commands.push({ kind: "append", event, context });
}

export function send(owner: Owner, replica: Pick<Replica, "group" | "name">, message: DownMessage): void {
  owner.commands.push({ kind: "send", group: replica.group, replica: replica.name, message });
}

/** What jobs and aggregates hold of inline payloads in memory, inputs on their way to the journal included. */
export function heldBytes({ state, submittingBytes }: Owner): number {
  return state.inlineBytes + submittingBytes;
}

/** A submission is on its way to the journal no more: it has come there, or was given up. */
export function arrived(owner: Owner, { input }: SubmitEvent): void {
  owner.submitting--;
  owner.submittingBytes -= inlineBytes(input);
}

export function reply(owner: Owner, to: ReplyTo, answer: Reply): void {
  if (to !== "") owner.commands.push({ kind: "reply", to, reply: answer });
}

export function log(
  owner: Owner,
  level: LogLevel,
  message: string,
  fields: Readonly<Record<string, unknown>> = {},
): void {
  owner.commands.push({ kind: "log", level, message, fields });
}

export function groupState(owner: Owner, name: string): GroupState {
  let group = owner.groups.get(name);
  if (group === undefined) {
    group = {
      name,
      queues: new Map(),
      replicas: new Map(),
      ended: new Map(),
      brokenSince: undefined,
      blockMs: undefined,
      lastBusyAt: undefined,
      recent: [],
      lastRedispatch: undefined,
    };
    owner.groups.set(name, group);
  }
  return group;
}

export function queueOf(group: GroupState, templateHash: string): ReadyQueue {
  let queue = group.queues.get(templateHash);
  if (queue === undefined) {
    queue = new ReadyQueue();
    group.queues.set(templateHash, queue);
  }
  return queue;
}
