export interface BackoffLimits {
  /** After the first failure. */
  readonly baseMs: number;
  readonly maxMs: number;
}

/**
 * How long to wait after so many failures in a row: twice as long each time, and between half and all of that, so that those who failed together do
 * not come back together.
 * @param failures at least 1
 * @param random from 0 to 1
 */
export function backoffMs(failures: number, { baseMs, maxMs }: BackoffLimits, random: number): number {
  const most = Math.min(maxMs, baseMs * 2 ** Math.min(failures - 1, 30));
  return most * (0.5 + random / 2);
}
