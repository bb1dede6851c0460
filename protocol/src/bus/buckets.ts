/** The key-value buckets where operator (or laptop), coordinators and agents meet. A bucket is a stream with one message a key. */
import { Fields } from "../fields.ts";
import {
  currentRevisionKey,
  LOAD_BUCKET,
  OWNER_BUCKET,
  ownerKey,
  REVISION_BUCKET,
  revisionKey,
  type Scope,
} from "../subjects.ts";
import { appendToStream, ensureStream, JetStreamError, JS_CODE, lastMessageOf, purgeStream } from "./jetstream.ts";
import type { Bus, BusSubscription } from "./port.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The subject that a key's value is published on. */
export const subjectOf = (bucket: string, key: string): string => `$KV.${bucket}.${key}`;

const MEBI = 1024 * 1024;
/** What each bucket may hold: a thousand pipelines fit. */
const BUCKET_BYTES: Readonly<Record<string, number>> = {
  [REVISION_BUCKET]: 256 * MEBI,
  [OWNER_BUCKET]: 16 * MEBI,
  [LOAD_BUCKET]: 64 * MEBI,
};

/**
 * Creates the buckets where they are missing. The layout is the one that NATS's own key-value clients use.
 * @param replicas on how many servers each is kept, at least
 * @throws {JetStreamOffError} @throws {JetStreamError} when the server has no room for them.
 */
export async function ensureBuckets(bus: Bus, replicas = 1): Promise<void> {
  await Promise.all(
    Object.entries(BUCKET_BYTES).map(async ([bucket, bytes]) => ensureBucket(bus, { bucket, bytes, replicas })),
  );
}

/** A server with little to set aside gets a smaller one, half as large each time until it fits. */
async function ensureBucket(
  bus: Bus,
  { bucket, bytes, replicas }: { readonly bucket: string; readonly bytes: number; readonly replicas: number },
): Promise<void> {
  const settings = {
    name: `KV_${bucket}`,
    subjects: [`$KV.${bucket}.>`],
    discard: "new",
    maxMessagesPerSubject: 1,
    replicas,
  } as const;
  try {
    await ensureStream(bus, { ...settings, maxBytes: bytes });
  } catch (error) {
    const isNoRoom = error instanceof JetStreamError && error.code === JS_CODE.insufficientStorage;
    if (!isNoRoom || bytes < MEBI) throw error;
    await ensureBucket(bus, { bucket, bytes: Math.floor(bytes / 2), replicas });
  }
}

/** Writes the revision and makes it the one that new jobs get. */
export async function publishRevision(bus: Bus, scope: Scope, revision: { readonly id: string }): Promise<void> {
  await ensureBuckets(bus);
  await appendToStream(
    bus,
    subjectOf(REVISION_BUCKET, revisionKey(scope, revision.id)),
    encoder.encode(JSON.stringify(revision)),
  );
  await appendToStream(
    bus,
    subjectOf(REVISION_BUCKET, currentRevisionKey(scope)),
    encoder.encode(JSON.stringify(revision.id)),
  );
}

/** The parsed JSON of a revision, or null when there is none of that id. */
export async function readRevision(bus: Bus, scope: Scope, id: string): Promise<unknown> {
  return readJson(bus, REVISION_BUCKET, revisionKey(scope, id));
}

/** The id of the revision that new jobs get, or null. */
export async function readCurrentRevision(bus: Bus, scope: Scope): Promise<string | null> {
  const id = await readJson(bus, REVISION_BUCKET, currentRevisionKey(scope));
  return typeof id === "string" ? id : null;
}

async function readJson(bus: Bus, bucket: string, key: string): Promise<unknown> {
  const message = await lastMessageOf(bus, `KV_${bucket}`, subjectOf(bucket, key));
  return message === null || message.data.byteLength === 0 ? null : JSON.parse(decoder.decode(message.data));
}

/**
 * Removes a revision that nobody needs any more: the owner's load names those that open jobs need. What was written anew since it was looked at
 * stays: when a spec comes back its revision has the same id, and a deletion may arrive late, from a process that was frozen and leads no more.
 */
export async function deleteRevision(bus: Bus, scope: Scope, id: string): Promise<void> {
  const subject = subjectOf(REVISION_BUCKET, revisionKey(scope, id));
  const found = await lastMessageOf(bus, `KV_${REVISION_BUCKET}`, subject);
  if (found === null) return;
  await purgeStream(bus, `KV_${REVISION_BUCKET}`, { subject, belowSequence: found.sequence + 1 });
}

/** Calls when something was written about the pipeline's revisions, until the subscription is given up. It may not be readable yet. */
export function onRevisionWritten(bus: Bus, scope: Scope, handler: () => void): BusSubscription {
  return bus.subscribe(subjectOf(REVISION_BUCKET, revisionKey(scope, "*")), handler);
}

/** What stands in an owner's key: who tries to own, and a counter that a living holder keeps raising. */
export interface OwnerLease {
  readonly holder: string;
  readonly beat: number;
}

/** How far the journal was when the key was written: what is shorter has lost something, even if nobody is left who knew more. */
export interface JournalWitness {
  /** When the journal's stream was made, as the server says it: another stream is another journal. */
  readonly created: string;
  /** Of its last frame. */
  readonly sequence: number;
}

export interface OwnerEntry {
  readonly sequence: number;
  readonly lease: OwnerLease | null;
  /** It outlasts the lease. */
  readonly journal: JournalWitness | null;
}

export async function readOwner(bus: Bus, scope: Scope, timeoutMs: number): Promise<OwnerEntry> {
  const message = await lastMessageOf(bus, `KV_${OWNER_BUCKET}`, subjectOf(OWNER_BUCKET, ownerKey(scope)), timeoutMs);
  if (message === null) return { sequence: 0, lease: null, journal: null };
  const value: unknown = message.data.byteLength === 0 ? null : JSON.parse(decoder.decode(message.data));
  return { sequence: message.sequence, lease: leaseOf(value), journal: journalOf(value) };
}

function journalOf(value: unknown): JournalWitness | null {
  if (typeof value !== "object" || value === null || !("journal" in value)) return null;
  const fields = new Fields(value.journal, "journal");
  return { created: fields.string("created"), sequence: fields.number("sequence") };
}

function leaseOf(value: unknown): OwnerLease | null {
  if (typeof value !== "object" || value === null || !("holder" in value) || !("beat" in value)) return null;
  return typeof value.holder === "string" && typeof value.beat === "number"
    ? { holder: value.holder, beat: value.beat }
    : null;
}

export interface OwnerWrite {
  /** Null lets go. */
  readonly lease: OwnerLease | null;
  /** Null: nothing is known of the journal. */
  readonly journal: JournalWitness | null;
  /** The sequence that the key is expected to have. */
  readonly sequence: number;
  readonly timeoutMs: number;
}

/** Compare-and-set. @returns the entry's new sequence, or null when somebody else wrote since `sequence`. */
export async function writeOwner(
  bus: Bus,
  scope: Scope,
  { lease, journal, sequence, timeoutMs }: OwnerWrite,
): Promise<number | null> {
  const value = { ...lease, ...(journal === null ? {} : { journal }) };
  const data = lease === null && journal === null ? new Uint8Array(0) : encoder.encode(JSON.stringify(value));
  try {
    return await appendToStream(bus, subjectOf(OWNER_BUCKET, ownerKey(scope)), data, {
      lastSubjectSequence: sequence,
      timeoutMs,
    });
  } catch (error) {
    if (error instanceof JetStreamError && error.code === JS_CODE.wrongLastSequence) return null;
    throw error;
  }
}
