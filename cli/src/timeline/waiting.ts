import type { Block } from "./blocks.ts";

/** Waits below this are the engine's own time, and nobody's queue. */
export const SHORT_WAIT_MS = 1;

/** How many blocks wait on average in each of `columns` equal parts of `0 … endMs`. */
export function waitingPerColumn(blocks: readonly Block[], endMs: number, columns: number): number[] {
  return shares(
    blocks.filter((block) => block.startedAt - block.readyAt >= SHORT_WAIT_MS).map(({ readyAt, startedAt }) => [readyAt, startedAt]),
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
