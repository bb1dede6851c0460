/**
 * How large the streams of a pipeline may become. NATS sets aside what a stream may hold, whether it holds it or not: so they begin small, and
 * grow with what is in them.
 */

/** The four streams of a pipeline. */
export const STREAMS = ["journal", "snapshots", "records", "blobs"] as const;
export type StreamKind = (typeof STREAMS)[number];

/** Bytes by stream. */
export type StreamSizes = Readonly<Record<StreamKind, number>>;

const MEBI = 1024 * 1024;

/** Of one pipeline, all streams together. */
export const DEFAULT_STREAM_BYTES = 6_656 * MEBI;
/** Less than this is no use to anybody. */
export const LEAST_STREAM_BYTES = 16 * MEBI;

/** Large payloads take most of it. In thirteenths: 512 MiB, 1 GiB, 1 GiB and 4 GiB of 6.5 GiB. */
const SHARES: StreamSizes = { journal: 1, snapshots: 2, records: 2, blobs: 8 };
const ALL_SHARES = 13;

/** @param total of all streams of a pipeline together. */
export function streamSizes(total: number): StreamSizes {
  const of = (kind: StreamKind): number => Math.floor((total * SHARES[kind]) / ALL_SHARES);
  return { journal: of("journal"), snapshots: of("snapshots"), records: of("records"), blobs: of("blobs") };
}

const FIRST_SHARE = 1 / 8;
const FIRST_LEAST = 16 * MEBI;

/** What a stream begins with, when it may become so large. */
export function firstSize(limit: number): number {
  return Math.min(limit, Math.max(Math.floor(limit * FIRST_SHARE), FIRST_LEAST));
}

/** Well below the share at which new jobs are refused, so that what is on its way meanwhile finds room. */
const GROW_SHARE = 0.4;

/**
 * What a stream of so many bytes should be enlarged to, at most `limit`; undefined: it is large enough, or may not become larger.
 * @param wanted below this it is too small, however little is in it. Default 0.
 */
export function nextSize(
  state: { readonly bytes: number; readonly maxBytes: number },
  limit: number,
  wanted = 0,
): number | undefined {
  const { bytes, maxBytes } = state;
  if (maxBytes <= 0 || maxBytes >= limit || (bytes <= maxBytes * GROW_SHARE && maxBytes >= wanted)) return undefined;
  return Math.min(limit, maxBytes * 2);
}
