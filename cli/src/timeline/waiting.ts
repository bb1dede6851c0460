import type { Block } from "./blocks.ts";

/** Parts of the whole below which nobody could see a wait. */
const LEAST_PART = 1 / 200;

/** Blocks that waited long enough to be shown, by when they became ready. What is shorter is the engine's own time, and nobody's queue. */
export function longWaits(blocks: readonly Block[], endMs: number): Block[] {
  const leastMs = Math.max(1, endMs * LEAST_PART);
  return blocks
    .filter((block) => block.startedAt - block.readyAt >= leastMs)
    .toSorted((a, b) => a.startedAt - b.startedAt);
}

/** How many blocks wait on average in each of `columns` equal parts of `0 … endMs`. */
export function waitingPerColumn(blocks: readonly Block[], endMs: number, columns: number): number[] {
  return shares(
    longWaits(blocks, endMs).map(({ readyAt, startedAt }) => [readyAt, startedAt]),
    endMs,
    columns,
  );
}

/** How many blocks run on average in each of `columns` equal parts of `0 … endMs`; of one lane, the busy part. */
export function runningPerColumn(blocks: readonly Block[], endMs: number, columns: number): number[] {
  return shares(
    blocks.map(({ startedAt, endedAt }) => [startedAt, endedAt]),
    endMs,
    columns,
  );
}

function shares(intervals: readonly (readonly [number, number])[], endMs: number, columns: number): number[] {
  const sums = new Array<number>(columns).fill(0);
  const columnMs = endMs / columns;
  if (columnMs <= 0) return sums;
  for (const [from, to] of intervals) {
    const first = Math.max(0, Math.floor(from / columnMs));
    const last = Math.min(columns - 1, Math.floor(to / columnMs));
    for (let column = first; column <= last; column++) {
      const overlapMs = Math.min(to, (column + 1) * columnMs) - Math.max(from, column * columnMs);
      sums[column] = (sums[column] ?? 0) + Math.max(0, overlapMs) / columnMs;
    }
  }
  return sums;
}
