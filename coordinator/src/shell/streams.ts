/** The streams of a pipeline: made when missing, watched for room, enlarged while they fill up. */
import {
  ensureBuckets,
  ensureStream,
  JetStreamError,
  JS_CODE,
  resizeStream,
  streamsOf,
  streamState,
  subjectsOf,
  type Bus,
  type Scope,
  type StreamState,
} from "@troupe/protocol";
import { firstSize, nextSize, STREAMS, type StreamKind, type StreamSizes } from "./stream-sizes.ts";

const MEBI = 1024 * 1024;
/** A stream is not made smaller than this, whatever the server has left. */
const SMALLEST_BYTES = MEBI / 4;

/** Above this share of a stream new jobs are refused; the rest is for completions (E10). */
const FULL_SHARE = 0.7;

/**
 * @param replicas on how many servers each is kept, at least
 * @throws {JetStreamError} when the server has no room for even the smallest.
 */
export async function ensureStreams(bus: Bus, scope: Scope, sizes: StreamSizes, replicas = 1): Promise<void> {
  await ensureBuckets(bus, replicas);
  const { journal, snapshots, records, allBlobs } = subjectsOf(scope);
  const taken: Readonly<Record<StreamKind, string>> = { journal, snapshots, records, blobs: allBlobs };
  const names = streamsOf(scope);
  for (const kind of STREAMS)
    await ensureWithRoom(bus, { name: names[kind], subject: taken[kind], replicas }, firstSize(sizes[kind]));
}

/**
 * A server that has less left to set aside gets a smaller stream, half as large each time until it fits. Then it takes half of that, so that
 * something is left for the streams and pipelines that follow.
 */
async function ensureWithRoom(
  bus: Bus,
  { name, subject, replicas }: { readonly name: string; readonly subject: string; readonly replicas: number },
  size: number,
): Promise<void> {
  for (let maxBytes = size; ; maxBytes = Math.floor(maxBytes / 2)) {
    try {
      const made = await ensureStream(bus, { name, subjects: [subject], maxBytes, discard: "new", replicas });
      if (maxBytes < size && made.maxBytes === maxBytes && maxBytes / 2 >= SMALLEST_BYTES)
        await resizeStream(bus, name, Math.floor(maxBytes / 2));
      return;
    } catch (error) {
      if (!isNoRoom(error) || maxBytes / 2 < SMALLEST_BYTES) throw error;
    }
  }
}

function isNoRoom(error: unknown): boolean {
  return error instanceof JetStreamError && error.code === JS_CODE.insufficientStorage;
}

export interface Room {
  /** Which stream is nearly full, in words for a client; undefined: none. */
  readonly full: string | undefined;
  readonly isJournalFull: boolean;
  /** Bytes that the journal's stream takes at most. */
  readonly journalLimit: number;
  /** Sequence of the journal's last frame; 0: there is none. */
  readonly journalLast: number;
}

export interface RoomLimits {
  /** Up to which streams that fill up are enlarged; undefined: they stay as they are. */
  readonly sizes: StreamSizes | undefined;
  /** The journal is enlarged up to its limit while it is smaller than this. */
  readonly journalWanted: number;
}

export async function roomOf(bus: Bus, scope: Scope, limits: RoomLimits): Promise<Room> {
  const names = streamsOf(scope);
  const full: string[] = [];
  let journal: StreamState | null = null;
  for (const what of STREAMS) {
    const state = await roomyState(bus, names[what], what, limits);
    if (what === "journal") journal = state;
    if (state !== null && isFull(state))
      full.push(
        `the ${what} stream ${names[what]} holds ${mebibytes(state.bytes)} of ${mebibytes(state.maxBytes)} MiB`,
      );
  }
  if (journal === null) return { full: full[0], isJournalFull: false, journalLimit: 0, journalLast: 0 };
  const { maxBytes: journalLimit, lastSequence: journalLast } = journal;
  return { full: full[0], isJournalFull: isFull(journal), journalLimit, journalLast };
}

/** The state of a stream that was enlarged if it had to be. */
async function roomyState(
  bus: Bus,
  name: string,
  what: StreamKind,
  { sizes, journalWanted }: RoomLimits,
): Promise<StreamState | null> {
  const state = await streamState(bus, name);
  if (state === null || sizes === undefined) return state;
  const size = nextSize(state, sizes[what], what === "journal" ? journalWanted : 0);
  return size === undefined ? state : enlarged(bus, name, state, size);
}

/** As it is when the server has no more to set aside. */
async function enlarged(bus: Bus, name: string, state: StreamState, maxBytes: number): Promise<StreamState> {
  try {
    return await resizeStream(bus, name, maxBytes);
  } catch (error) {
    if (!isNoRoom(error)) throw error;
    return state;
  }
}

function mebibytes(bytes: number): string {
  return (bytes / MEBI).toFixed(bytes < 10 * MEBI ? 1 : 0);
}

function isFull({ bytes, maxBytes }: StreamState): boolean {
  return maxBytes > 0 && bytes > maxBytes * FULL_SHARE;
}
