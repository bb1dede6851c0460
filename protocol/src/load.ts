/**
 * What coordinators tell the operator: how much there is to do, and what goes wrong. It lives in a key-value bucket of its own, where each
 * entry replaces the one before. Three kinds of entry for a pipeline:
 *
 *   load     by its owner: counts, queues and replicas of every group
 *   group    by its owner, one a group: every replica, and what went wrong lately
 *   stalled  by a coordinator that cannot go on: why
 */
import { EnvelopeError } from "./envelope.ts";
import { Fields } from "./fields.ts";
import type { ReplicaState } from "./messages.ts";

/** A load that was last heard so many milliseconds ago, or longer, is unknown. Writers refresh it every {@link LOAD_REFRESH_MS}. */
export const LOAD_UNKNOWN_MS = 15_000;
/** A writer repeats its load at least this often, also when nothing has changed. */
export const LOAD_REFRESH_MS = 5_000;

/** Jobs of a pipeline. What has ended is counted since the pipeline was created. */
export interface JobCounts {
  /** Accepted, and nothing of it has been given to a replica yet. */
  readonly queued: number;
  readonly running: number;
  readonly done: number;
  readonly failed: number;
  readonly cancelled: number;
}

/** The load of one group of a pipeline. */
export interface GroupLoad {
  readonly name: string;
  /** Blocks that are ready and wait for a replica. */
  readonly queued: number;
  /** Blocks that replicas work on. */
  readonly running: number;
  /** Replicas that are bootstrapped and take jobs, by template hash. */
  readonly ready: Readonly<Record<string, number>>;
  /** Open jobs that still need a replica of the template hash, by template hash. */
  readonly pinned: Readonly<Record<string, number>>;
  /** When a block was last queued or running, in Unix milliseconds; null: not since this owner took over. */
  readonly lastBusyAt: number | null;
}

/** What the owner of a pipeline says of it. */
export interface PipelineLoad {
  /** The owner's epoch: a load of a lower one than has been seen is old. */
  readonly epoch: number;
  /** The owner. */
  readonly coordinator: string;
  /** When it was written, in Unix milliseconds of the owner's clock. */
  readonly at: number;
  /** When this owner took over, in Unix milliseconds: idle time before it is not known. */
  readonly since: number;
  /** The revision that new jobs get; null: there is none. */
  readonly revision: string | null;
  /** Whether submissions are refused because the pipeline is suspended. */
  readonly suspended: boolean;
  readonly jobs: JobCounts;
  /** Open jobs by the id of their revision. A revision that is not named, nor the current one, is of no use any more. */
  readonly revisions: Readonly<Record<string, number>>;
  /** Every group of the current revision, and those of others that still have something to do or replicas. */
  readonly groups: readonly GroupLoad[];
  /** Why submissions are refused for lack of room; null: there is room. */
  readonly full: string | null;
}

/** Something that went wrong in a replica. */
export interface ReplicaProblem {
  /** Name of the replica. */
  readonly replica: string;
  /** A code of docs/errors.md, such as `BootstrapFailed` or `HostOutOfMemory`. */
  readonly code: string;
  readonly message: string;
  /** Unix milliseconds. */
  readonly at: number;
}

/** One replica of a group. */
export interface ReplicaReport {
  readonly name: string;
  readonly state: ReplicaState;
  readonly templateHash: string;
  /** Blocks that it works on or was sent. */
  readonly busy: number;
  readonly permits: number;
  /** Why it is not ready; null when it is, or is only starting. */
  readonly problem: ReplicaProblem | null;
}

/** What the owner says of the replicas of one group. Written when it changes; as fresh as the pipeline's load. */
export interface GroupReport {
  readonly group: string;
  readonly epoch: number;
  /** In order of their names. */
  readonly replicas: readonly ReplicaReport[];
  /** What went wrong lately in replicas of the group, those included that are gone; newest last, at most 10. */
  readonly recent: readonly ReplicaProblem[];
}

/** A coordinator cannot work on a pipeline: nothing is done until somebody has mended it. */
export interface Stall {
  readonly coordinator: string;
  /** Such as `JournalLost`; see docs/errors.md. */
  readonly reason: string;
  /** With the cure. */
  readonly message: string;
  /** Unix milliseconds. */
  readonly at: number;
}

/** @throws {EnvelopeError} when the value is no pipeline's load. */
export function parsePipelineLoad(raw: unknown): PipelineLoad {
  const fields = new Fields(raw, "load");
  fields.check({
    epoch: "number",
    coordinator: "string",
    at: "number",
    since: "number",
    suspended: "boolean",
    jobs: "object",
    revisions: "object",
    groups: "array",
  });
  const jobs = { queued: "number", running: "number", done: "number", failed: "number", cancelled: "number" } as const;
  fields.object("jobs").check(jobs);
  for (const group of fields.array("groups")) checkGroupLoad(new Fields(group, "load.groups"));
  return fields.as<PipelineLoad>();
}

function checkGroupLoad(fields: Fields): void {
  fields.check({ name: "string", queued: "number", running: "number", ready: "object", pinned: "object" });
}

/** @throws {EnvelopeError} when the value is no group's report. */
export function parseGroupReport(raw: unknown): GroupReport {
  const fields = new Fields(raw, "report");
  fields.check({ group: "string", epoch: "number", replicas: "array", recent: "array" });
  for (const each of fields.array("replicas")) {
    const replica = new Fields(each, "report.replicas");
    replica.check({ name: "string", state: "string", templateHash: "string", busy: "number", permits: "number" });
    if (replica.get("problem") !== null) checkProblem(replica.get("problem"));
  }
  fields.array("recent").forEach(checkProblem);
  return fields.as<GroupReport>();
}

function checkProblem(raw: unknown): void {
  new Fields(raw, "problem").check({ replica: "string", code: "string", message: "string", at: "number" });
}

/** @throws {EnvelopeError} when the value is no stall. */
export function parseStall(raw: unknown): Stall {
  const fields = new Fields(raw, "stalled");
  fields.check({ coordinator: "string", reason: "string", message: "string", at: "number" });
  return fields.as<Stall>();
}

/** What is known of a pipeline at a moment. */
export interface LoadView {
  readonly load: PipelineLoad | null;
  /** By name of the group. */
  readonly groups: ReadonlyMap<string, GroupReport>;
  readonly stalled: Stall | null;
}

/** Milliseconds of the reader's monotonic clock at which an entry was heard; null: it was only found in the bucket, and may be of any age. */
export type HeardAt = number | null;

export interface Heard<T> {
  readonly value: T;
  readonly heardAt: HeardAt;
}

/** Whether something that was heard is still known at `now`, by the same monotonic clock. */
export function isKnown(heardAt: HeardAt, now: number): boolean {
  return heardAt !== null && now - heardAt < LOAD_UNKNOWN_MS;
}

/** A value that cannot be read is no load: of another version, or of somebody else. */
export function parsedOrNull<T>(parse: (raw: unknown) => T, text: string): T | null {
  try {
    return parse(JSON.parse(text));
  } catch (error) {
    if (error instanceof EnvelopeError || error instanceof SyntaxError) return null;
    throw error;
  }
}
