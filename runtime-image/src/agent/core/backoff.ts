const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/** How long to wait before the next try of a host, after so many failures in a row (1 or more). */
export function backoffMs(failures: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1));
}
