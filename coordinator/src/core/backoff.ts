/** How long a block that failed waits until it is tried again. */

/** Doublings after which the pause grows no more, whatever `maxMs` says: 2^30 is a number of its own, and 2^2000 is not. */
const DOUBLINGS = 30;

/** What of the pause chance takes away at most: what failed together shall not return together. */
const JITTER = 0.2;

/**
 * `initialMs`, doubled for every attempt before this one, at most `maxMs`, less up to a fifth of it by chance.
 *
 * @param charged attempts that have failed before this one
 * @param chance from 0 (the whole pause) to 1
 */
export function backoffMs(
  { initialMs, maxMs }: { readonly initialMs: number; readonly maxMs: number },
  charged: number,
  chance: number,
): number {
  const full = Math.min(maxMs, initialMs * 2 ** Math.min(charged, DOUBLINGS));
  return full * (1 - JITTER * chance);
}
