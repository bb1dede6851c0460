/** The streams of a pipeline: made when missing, watched for room. */
import {
  ensureBuckets,
  ensureStream,
  JetStreamError,
  JS_CODE,
  streamsOf,
  streamState,
  subjectsOf,
  type Bus,
  type Scope,
  type StreamState,
} from "@troupe/protocol";

const MEBI = 1024 * 1024;

/** Sizes that are asked for, in MiB. A server with less room to promise gets smaller ones, until they fit. */
const SIZES = { journal: 512, snapshots: 1_024, records: 1_024, blobs: 4_096 } as const;
const SMALLEST = 1 / 256;

/** Above this share of a stream new jobs are refused; the rest is for completions (E10). */
const FULL_SHARE = 0.7;

export async function ensureStreams(bus: Bus, scope: Scope): Promise<void> {
  await ensureBuckets(bus);
  const names = streamsOf(scope);
  const subjects = subjectsOf(scope);
  const wanted = [
    { name: names.journal, subjects: [subjects.journal], megabytes: SIZES.journal },
    { name: names.snapshots, subjects: [subjects.snapshots], megabytes: SIZES.snapshots },
    { name: names.records, subjects: [subjects.records], megabytes: SIZES.records },
    { name: names.blobs, subjects: [subjects.allBlobs], megabytes: SIZES.blobs },
  ];
  for (const { name, subjects: taken, megabytes } of wanted) await ensureWithRoom(bus, name, taken, megabytes);
}

async function ensureWithRoom(bus: Bus, name: string, subjects: readonly string[], megabytes: number): Promise<void> {
  for (let share = 1; ; share /= 4) {
    try {
      await ensureStream(bus, { name, subjects, maxBytes: Math.floor(megabytes * share * MEBI), discard: "new" });
      return;
    } catch (error) {
      if (!(error instanceof JetStreamError) || error.code !== JS_CODE.insufficientStorage || share < SMALLEST)
        throw error;
    }
  }
}

export interface Room {
  /** Which stream is nearly full, in words for a client; undefined: none. */
  readonly full: string | undefined;
  readonly isJournalFull: boolean;
  /** Bytes that the journal's stream takes at most. */
  readonly journalLimit: number;
}

export async function roomOf(bus: Bus, scope: Scope): Promise<Room> {
  const names = streamsOf(scope);
  const journal = await streamState(bus, names.journal);
  let full: string | undefined;
  for (const what of ["journal", "snapshots", "records", "blobs"] as const) {
    const name = names[what];
    const state = name === names.journal ? journal : await streamState(bus, name);
    if (state !== null && isFull(state))
      full ??= `the ${what} stream ${name} holds ${mebibytes(state.bytes)} of ${mebibytes(state.maxBytes)} MiB`;
  }
  return { full, isJournalFull: journal !== null && isFull(journal), journalLimit: journal?.maxBytes ?? 0 };
}

function mebibytes(bytes: number): string {
  return (bytes / MEBI).toFixed(bytes < 10 * MEBI ? 1 : 0);
}

function isFull({ bytes, maxBytes }: StreamState): boolean {
  return maxBytes > 0 && bytes > maxBytes * FULL_SHARE;
}
