/** The one table of subjects, stream names and keys. Nothing else in the project spells one out. */

/** Which pipeline a message belongs to. */
export interface Scope {
  readonly namespace: string;
  readonly pipeline: string;
  /** The Pipeline resource's uid, or an id of the laptop's making; letters, digits and `-` only. */
  readonly uid: string;
}

/** The operations of the NATS door: request `troupe.<namespace>.<pipeline>.<operation>`. */
export const DOOR_OPERATIONS = [
  "submit",
  "wait",
  "status",
  "result",
  "timeline",
  "cancel",
  "retry",
  "process",
] as const;
export type DoorOperation = (typeof DOOR_OPERATIONS)[number];

export interface Subjects {
  /** The door of one operation. */
  door(operation: DoorOperation): string;
  /** Everything that knocks on the door. */
  readonly doors: string;
  /** What agents of `group` say to the owner. */
  up(group: string): string;
  /** What all agents say to the owner. */
  readonly ups: string;
  /** What the owner says to one replica. */
  down(group: string, replica: string): string;
  /** What the owner says to everybody: its epoch, once a second. */
  readonly beacon: string;
  /** Progress and state changes for those who watch; volatile. */
  readonly events: string;
  readonly journal: string;
  /** One part of one snapshot. */
  snapshot(number: number, part: number): string;
  readonly snapshots: string;
  readonly records: string;
  /** One chunk of a stored payload; `id` as in `BlobRef.id`. */
  blob(id: string, chunk: number): string;
  /** All chunks of a blob; with a job's id, those of all its blobs. */
  chunks(id: string): string;
  readonly allBlobs: string;
  /** What stands before `BlobRef.id` in the subject of a chunk. */
  readonly blobsPrefix: string;
}

export function subjectsOf({ namespace, pipeline, uid }: Scope): Subjects {
  const root = `_troupe.${namespace}.${pipeline}.${uid}`;
  const door = `troupe.${namespace}.${pipeline}`;
  return {
    door: (operation) => `${door}.${operation}`,
    doors: `${door}.*`,
    up: (group) => `${root}.up.${group}`,
    ups: `${root}.up.*`,
    down: (group, replica) => `${root}.down.${group}.${replica}`,
    beacon: `${root}.beacon`,
    events: `${root}.events`,
    journal: `${root}.journal`,
    snapshot: (number, part) => `${root}.snapshot.${number}.${part}`,
    snapshots: `${root}.snapshot.>`,
    records: `${root}.records`,
    blob: (id, chunk) => `${root}.blob.${id}.${chunk}`,
    chunks: (id) => `${root}.blob.${id}.>`,
    allBlobs: `${root}.blob.>`,
    blobsPrefix: `${root}.blob.`,
  };
}

/**
 * Prefix of the inboxes of a group's agents. Each group has its own, so that none can hear what another is answered.
 */
export function inboxOf({ namespace, pipeline, uid }: Scope, group: string): string {
  return `_troupe.${namespace}.${pipeline}.${uid}.inbox.${group}`;
}

export interface StreamNames {
  readonly journal: string;
  readonly snapshots: string;
  readonly records: string;
  readonly blobs: string;
}

export function streamsOf({ namespace, pipeline, uid }: Scope): StreamNames {
  const root = `TROUPE_${namespace}_${pipeline}_${uid}`;
  return { journal: `${root}_J`, snapshots: `${root}_S`, records: `${root}_R`, blobs: `${root}_B` };
}

/** What coordinators say to each other: that they live. */
export const COORDINATORS_SUBJECT = "_troupe.coordinators";

/** The pipeline that a stream belongs to; null: to none. */
export function scopeOfStream(name: string): Scope | null {
  const [, namespace, pipeline, uid] = /^TROUPE_([^_]+)_([^_]+)_([^_]+)_[JSRB]$/.exec(name) ?? [];
  return namespace === undefined || pipeline === undefined || uid === undefined ? null : { namespace, pipeline, uid };
}

/** Key-value bucket of compiled revisions, written by the operator or the laptop. */
export const REVISION_BUCKET = "TROUPE_REVISIONS";
/** Key-value bucket of owner leases: says who tries to own; the journal's fence says who does (E8). */
export const OWNER_BUCKET = "TROUPE_OWNERS";
/** Key-value bucket in which coordinators say how much there is to do, and what went wrong. */
export const LOAD_BUCKET = "TROUPE_LOAD";

export function revisionKey(scope: Scope, revision: string): string {
  return `${scopeKey(scope)}.${revision}`;
}

/** The key that names the revision which new jobs get. */
export function currentRevisionKey(scope: Scope): string {
  return revisionKey(scope, "current");
}

/** The key of what applies to the pipeline as a whole, whatever the revision. */
export function controlKey(scope: Scope): string {
  return revisionKey(scope, "control");
}

/** The key that says that there is a free-standing Group, and how many replicas it is to have. */
export function groupMarkKey(scope: Scope): string {
  return revisionKey(scope, "group");
}

export function ownerKey(scope: Scope): string {
  return scopeKey(scope);
}

/** The key of the owner's word on the whole pipeline, in the load bucket. */
export function loadKey(scope: Scope): string {
  return `${scopeKey(scope)}.load`;
}

/** The key of the owner's word on the replicas of one group. */
export function groupReportKey(scope: Scope, group: string): string {
  return `${scopeKey(scope)}.group.${group}`;
}

/** The key of a coordinator that cannot go on. */
export function stallKey(scope: Scope): string {
  return `${scopeKey(scope)}.stalled`;
}

/** What every key of a pipeline begins with. */
export function scopeKey({ namespace, pipeline, uid }: Scope): string {
  return `${namespace}.${pipeline}.${uid}`;
}

/** The scope of a key of any bucket, or null when it is none of a pipeline. */
export function scopeOfKey(key: string): Scope | null {
  const [namespace = "", pipeline = "", uid = ""] = key.split(".");
  return namespace === "" || pipeline === "" || uid === "" ? null : { namespace, pipeline, uid };
}
