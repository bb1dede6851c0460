/**
 * The durable state from the streams: the snapshot that counts, the frames behind it, the index of the pages. A standby goes on with
 * {@link Replica.catchUp}; the owner starts where it ended.
 */
import { lastMessageOf, readStream, streamsOf, streamState, subjectsOf, type Bus, type Scope, type StoredMessage } from "@troupe/protocol";
import { fold } from "../core/fold.ts";
import { decodeFrame } from "../core/frame-codec.ts";
import { decodeSnapshot } from "../core/snapshot.ts";
import { indexOfPage } from "../core/record.ts";
import { addPage, emptyState, type JournalState } from "../core/state.ts";
import type { SnapshotEvent } from "../core/events.ts";
import { unsealed } from "./checksum.ts";

/** The journal cannot be what it was: shortened, or damaged. It is never repaired by writing it anew. */
export class JournalLostError extends Error {
  override readonly name = "JournalLostError";
}

const BATCH = 1_000;
const CURE = "Restore the NATS server's storage from a backup that is complete, or delete the pipeline's streams to start anew without its jobs.";

/** The fold of a journal so far. */
export interface Replayed {
  state: JournalState;
  /** Sequence of the last frame folded. */
  sequence: number;
  /** Number of the last frame folded. */
  frames: number;
}

export async function replay(bus: Bus, scope: Scope): Promise<Replayed> {
  const journal = streamsOf(scope).journal;
  const stream = await streamState(bus, journal);
  if (stream === null || stream.lastSequence === 0) return { state: emptyState(), sequence: 0, frames: 0 };
  const messages = await readAll(bus, journal, stream.firstSequence, stream.lastSequence);
  const snapshot = newestSnapshot(messages);
  const [first] = messages;
  if (first === undefined) throw lost(`${journal} is empty, though it once held ${stream.lastSequence} frames`);
  if (snapshot === undefined) {
    if (first.sequence !== 1) throw lost(`${journal} begins at frame ${first.sequence}, and no snapshot covers what was before`);
    const replayed: Replayed = { state: emptyState(), sequence: 0, frames: 0 };
    foldAll(replayed, messages);
    return replayed;
  }
  if (first.sequence > snapshot.through + 1) throw lost(`${journal} begins at frame ${first.sequence}; the snapshot ends at ${snapshot.through}`);
  const replayed = await loadSnapshot(bus, scope, snapshot);
  foldAll(replayed, messages.filter(({ sequence }) => sequence > snapshot.through));
  return replayed;
}

/** Folds what was appended since. @returns whether anything was. @throws {JournalLostError} */
export async function catchUp(bus: Bus, scope: Scope, replayed: Replayed): Promise<boolean> {
  const journal = streamsOf(scope).journal;
  const stream = await streamState(bus, journal);
  const lastSequence = stream?.lastSequence ?? 0;
  if (lastSequence < replayed.sequence) throw lost(`${journal} ends at frame ${lastSequence}, but ${replayed.sequence} were read before`);
  if (stream === null || lastSequence === replayed.sequence) return false;
  if (stream.firstSequence > replayed.sequence + 1) {
    Object.assign(replayed, await replay(bus, scope)); // purged under a newer snapshot meanwhile
    return true;
  }
  foldAll(replayed, await readAll(bus, journal, replayed.sequence + 1, lastSequence));
  return true;
}

async function readAll(bus: Bus, stream: string, from: number, to: number): Promise<StoredMessage[]> {
  const messages: StoredMessage[] = [];
  for (let next = from; next <= to; ) {
    const batch = await readStream(bus, stream, next, BATCH);
    const last = batch.at(-1);
    if (last === undefined) break;
    messages.push(...batch);
    next = last.sequence + 1;
  }
  return messages.filter(({ sequence }) => sequence <= to);
}

function foldAll(replayed: Replayed, messages: readonly StoredMessage[]): void {
  for (const { sequence, data } of messages) {
    if (sequence !== replayed.sequence + 1) throw lost(`frames ${replayed.sequence + 1} to ${sequence - 1} are missing from the journal`);
    const frame = decodeFrame(unsealed(data, `journal frame ${sequence}`));
    if (frame.number !== replayed.frames + 1) throw lost(`journal frame ${sequence} is number ${frame.number}; ${replayed.frames + 1} should follow`);
    for (const event of frame.events) fold(replayed.state, event);
    replayed.sequence = sequence;
    replayed.frames = frame.number;
  }
}

function newestSnapshot(messages: readonly StoredMessage[]): SnapshotEvent | undefined {
  for (let index = messages.length - 1; index >= 0; index--) {
    const message = messages[index];
    if (message === undefined) continue;
    const frame = decodeFrame(unsealed(message.data, `journal frame ${message.sequence}`));
    const event = frame.events.findLast(({ type }) => type === "snapshot");
    if (event?.type === "snapshot") return event;
  }
  return undefined;
}

async function loadSnapshot(bus: Bus, scope: Scope, snapshot: SnapshotEvent): Promise<Replayed> {
  const stream = streamsOf(scope).snapshots;
  const subjects = subjectsOf(scope);
  const parts: Uint8Array[] = [];
  for (let part = 0; part < snapshot.parts; part++) {
    const message = await lastMessageOf(bus, stream, subjects.snapshot(snapshot.number, part));
    if (message === null) throw lost(`part ${part} of snapshot ${snapshot.number} is missing`);
    parts.push(unsealed(message.data, `part ${part} of snapshot ${snapshot.number}`));
  }
  const { state, pages } = decodeSnapshot(parts);
  if (pages !== null) await loadIndex(bus, scope, state, pages);
  return { state, sequence: snapshot.through, frames: snapshot.frames };
}

async function loadIndex(bus: Bus, scope: Scope, state: JournalState, pages: { first: number; last: number }): Promise<void> {
  for (const { sequence, data } of await readAll(bus, streamsOf(scope).records, pages.first, pages.last)) {
    addPage(state, { page: sequence, ...indexOfPage(unsealed(data, `page ${sequence}`)) });
  }
}

function lost(what: string): JournalLostError {
  return new JournalLostError(`${what}. ${CURE}`);
}
