/**
 * The durable state from the streams: the snapshot that counts, and the frames behind it. A standby goes on with {@link catchUp}; the owner
 * starts where it ended.
 */
import {
  lastMessageAtLeader,
  lastMessageOf,
  messageAt,
  readStream,
  streamsOf,
  streamState,
  subjectsOf,
  type Bus,
  type Scope,
  type StoredMessage,
  type StreamState,
} from "@troupe/protocol";
import type { SnapshotEvent } from "../core/events.ts";
import { checksumOf, DamagedError, unsealed } from "./checksum.ts";

/** The journal cannot be what it was: shortened, or damaged. It is never repaired by writing it anew. */
export class JournalLostError extends Error {
  override readonly name = "JournalLostError";
}

const BATCH = 1_000;
/** What to do about a journal that is lost or damaged. */
export const CURE =
  "Restore the NATS server's storage from a backup that is complete, or delete the pipeline's streams to start anew without its jobs; then restart the coordinator.";
/** A journal that is shortened under a newer snapshot while it is read is read again, this often at most. */
const ATTEMPTS = 5;

/** A frame as it stands in a journal. */
export interface DecodedFrame<Event> {
  readonly epoch: number;
  readonly number: number;
  /** The checksum of the frame before it; 0 for the first. */
  readonly after: number;
  readonly events: readonly Event[];
}

/** What one kind of journal means: all that replaying has to know of it. */
export interface Folding<State, Event> {
  empty(): State;
  fold(state: State, event: Event): void;
  decode(bytes: Uint8Array): DecodedFrame<Event>;
  /** The snapshot that an event names; undefined when it names none. */
  snapshotOf(event: Event): SnapshotEvent | undefined;
  /** The state that the parts of a snapshot hold. */
  restore(parts: readonly Uint8Array[]): Promise<State>;
}

/** A frame that somebody knows to have been journalled: a journal without it has lost something. */
export interface KnownFrame {
  readonly sequence: number;
  readonly checksum: number;
}

/** Nothing is known. */
export const NO_FRAME: KnownFrame = { sequence: 0, checksum: 0 };

/** The fold of a journal so far. */
export interface Replayed<State> {
  state: State;
  /** Sequence of the last frame folded. */
  sequence: number;
  /** Its checksum, to which the next frame refers. */
  checksum: number;
  /** Number of the last frame folded. */
  frames: number;
  /** Bytes of the frames folded since the snapshot. */
  bytes: number;
  /** When the journal was made: another one under the same name has another moment. */
  created: string;
  /** Whether other streams show that the journal was begun, so that its loss would be noticed. */
  isMarked: boolean;
}

const NOTHING = { sequence: 0, checksum: 0, frames: 0, bytes: 0 };

/** @throws {JournalLostError} when `known` is not in it, among other things. @throws {DamagedError} */
export async function replayJournal<State, Event>(
  folding: Folding<State, Event>,
  bus: Bus,
  scope: Scope,
  known: KnownFrame,
): Promise<Replayed<State>> {
  const { journal } = streamsOf(scope);
  for (let attempt = 1; ; attempt++) {
    const isMarked = await hasHistory(bus, scope);
    const stream = await streamState(bus, journal);
    checkEnd(journal, stream, known);
    try {
      return await replayStream(folding, { bus, scope, stream, isMarked, known });
    } catch (error) {
      if (attempt >= ATTEMPTS || !(error instanceof JournalLostError)) throw error;
      // An owner that snapshots meanwhile purges what was about to be read.
      const now = await streamState(bus, journal);
      if (now?.firstSequence === stream?.firstSequence) throw error;
    }
  }
}

/** Whether snapshots (or the mark that stands before the first) or records were ever written: then a journal must be there as well. */
async function hasHistory(bus: Bus, scope: Scope): Promise<boolean> {
  const { snapshots, records } = streamsOf(scope);
  for (const name of [snapshots, records]) {
    const stream = await streamState(bus, name);
    if (stream !== null && stream.lastSequence > 0) return true;
  }
  return false;
}

interface Source {
  readonly bus: Bus;
  readonly scope: Scope;
  readonly stream: StreamState | null;
  readonly isMarked: boolean;
  readonly known: KnownFrame;
}

async function replayStream<State, Event>(
  folding: Folding<State, Event>,
  { bus, scope, stream, isMarked, known }: Source,
): Promise<Replayed<State>> {
  const { journal } = streamsOf(scope);
  if (stream === null || stream.lastSequence === 0) {
    checkMark(journal, isMarked);
    return { ...NOTHING, state: folding.empty(), created: stream?.created ?? "", isMarked };
  }
  const messages = await readAll(bus, journal, stream.firstSequence, stream.lastSequence);
  checkKnown(journal, messages, known);
  const snapshot = newestSnapshot(folding, messages);
  const [first] = messages;
  if (first === undefined) throw lost(`${journal} is empty, though it once held ${stream.lastSequence} frames`);
  if (snapshot === undefined) {
    if (first.sequence !== 1)
      throw lost(`${journal} begins at frame ${first.sequence}, and no snapshot covers what was before`);
    const replayed: Replayed<State> = { ...NOTHING, state: folding.empty(), created: stream.created, isMarked };
    foldAll(folding, replayed, messages, stream.lastSequence);
    return replayed;
  }
  if (first.sequence > snapshot.through + 1)
    throw lost(`${journal} begins at frame ${first.sequence}; the snapshot ends at ${snapshot.through}`);
  const loaded = await loadSnapshot(folding, bus, scope, snapshot);
  const replayed: Replayed<State> = { ...loaded, created: stream.created, isMarked };
  foldAll(
    folding,
    replayed,
    messages.filter(({ sequence }) => sequence > snapshot.through),
    stream.lastSequence,
  );
  return replayed;
}

function checkEnd(journal: string, stream: StreamState | null, known: KnownFrame): void {
  const lastSequence = stream?.lastSequence ?? 0;
  if (lastSequence < known.sequence)
    throw lost(`${journal} ends at frame ${lastSequence}, but this coordinator knows ${known.sequence}`);
}

function checkMark(journal: string, isMarked: boolean): void {
  if (isMarked) throw lost(`${journal} is empty, though the pipeline's snapshots or records show that it was not`);
}

/** A frame below the snapshot may be purged already: then nothing can be said about it. */
function checkKnown(journal: string, messages: readonly StoredMessage[], known: KnownFrame): void {
  const there = messages.find(({ sequence }) => sequence === known.sequence);
  if (there === undefined || checksumOf(there.data) === known.checksum) return;
  throw lost(
    `${journal} was cut and written on: its frame ${known.sequence} is not the one that this coordinator knows`,
  );
}

/** Folds what was appended since. @returns whether anything was. @throws {JournalLostError} @throws {DamagedError} */
export async function catchUp<State, Event>(
  folding: Folding<State, Event>,
  bus: Bus,
  scope: Scope,
  replayed: Replayed<State>,
): Promise<boolean> {
  const journal = streamsOf(scope).journal;
  const stream = await streamState(bus, journal);
  const lastSequence = stream?.lastSequence ?? 0;
  if (lastSequence < replayed.sequence)
    throw lost(`${journal} ends at frame ${lastSequence}, but ${replayed.sequence} were read before`);
  if (stream === null) return false;
  if (stream.created !== replayed.created)
    throw lost(`${journal} was made anew at ${stream.created}, while this coordinator was reading the one before`);
  if (lastSequence === replayed.sequence) return false;
  if (stream.firstSequence > replayed.sequence + 1) {
    Object.assign(replayed, await replayJournal(folding, bus, scope, replayed)); // purged under a newer snapshot meanwhile
    return true;
  }
  try {
    foldAll(folding, replayed, await readAll(bus, journal, replayed.sequence + 1, lastSequence), lastSequence);
  } catch (error) {
    if (!(error instanceof JournalLostError)) throw error;
    Object.assign(replayed, await replayJournal(folding, bus, scope, replayed)); // says the same again, unless it was purged while it was read
  }
  return true;
}

export async function readAll(bus: Bus, stream: string, from: number, to: number): Promise<StoredMessage[]> {
  const messages: StoredMessage[] = [];
  for (let next = from; next <= to;) {
    const batch = await readStream(bus, stream, next, BATCH);
    // Direct Get may ask a replica of the stream that lags behind; only its leader knows that there is no more.
    if (batch.length === 0) {
      const message = await messageAt(bus, stream, next);
      if (message === null) break;
      batch.push(message);
    }
    messages.push(...batch);
    next = (batch.at(-1)?.sequence ?? to) + 1;
  }
  return messages.filter(({ sequence }) => sequence <= to);
}

/** @param last sequence of the last frame that has to be there. */
function foldAll<State, Event>(
  folding: Folding<State, Event>,
  replayed: Replayed<State>,
  messages: readonly StoredMessage[],
  last: number,
): void {
  for (const { sequence, data } of messages) {
    if (sequence !== replayed.sequence + 1)
      throw lost(`frames ${replayed.sequence + 1} to ${sequence - 1} are missing from the journal`);
    const frame = frameOf(folding, { sequence, data });
    if (frame.number !== replayed.frames + 1)
      throw lost(`journal frame ${sequence} is number ${frame.number}; ${replayed.frames + 1} should follow`);
    if (frame.after !== replayed.checksum)
      throw lost(`journal frame ${sequence} does not follow the one before it: the journal was cut and written on`);
    for (const event of frame.events) folding.fold(replayed.state, event);
    replayed.sequence = sequence;
    replayed.checksum = checksumOf(data);
    replayed.frames = frame.number;
    replayed.bytes += data.byteLength;
  }
  if (replayed.sequence < last) throw lost(`frames ${replayed.sequence + 1} to ${last} are missing from the journal`);
}

function frameOf<State, Event>(
  folding: Folding<State, Event>,
  { sequence, data }: Pick<StoredMessage, "sequence" | "data">,
): DecodedFrame<Event> {
  const bytes = unsealed(data, `journal frame ${sequence}`);
  try {
    return folding.decode(bytes);
  } catch (error) {
    throw new DamagedError(
      `journal frame ${sequence} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}

function newestSnapshot<State, Event>(
  folding: Folding<State, Event>,
  messages: readonly StoredMessage[],
): SnapshotEvent | undefined {
  for (let index = messages.length - 1; index >= 0; index--) {
    const message = messages[index];
    if (message === undefined) continue;
    const frame = frameOf(folding, message);
    const snapshots = frame.events.map((event) => folding.snapshotOf(event)).filter((found) => found !== undefined);
    if (snapshots.length > 0) return snapshots.at(-1);
  }
  return undefined;
}

async function loadSnapshot<State, Event>(
  folding: Folding<State, Event>,
  bus: Bus,
  scope: Scope,
  snapshot: SnapshotEvent,
): Promise<Omit<Replayed<State>, "created" | "isMarked">> {
  const stream = streamsOf(scope).snapshots;
  const subjects = subjectsOf(scope);
  const parts: Uint8Array[] = [];
  for (let part = 0; part < snapshot.parts; part++) {
    const subject = subjects.snapshot(snapshot.number, part);
    // Direct Get may ask a replica of the stream that lags behind; only its leader knows that there is none.
    const message = (await lastMessageOf(bus, stream, subject)) ?? (await lastMessageAtLeader(bus, stream, subject));
    if (message === null) throw lost(`part ${part} of snapshot ${snapshot.number} is missing`);
    parts.push(unsealed(message.data, `part ${part} of snapshot ${snapshot.number}`));
  }
  const state = await folding.restore(parts);
  const { through: sequence, frames, checksum } = snapshot;
  return { state, sequence, frames, checksum, bytes: 0 };
}

function lost(what: string): JournalLostError {
  return new JournalLostError(`${what}. ${CURE}`);
}
