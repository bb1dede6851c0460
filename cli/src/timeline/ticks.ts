const STEPS = [1, 2, 5];

/** Places of axis marks: round numbers of milliseconds from 0 to `endMs`, at most `most` of them. */
export function ticksOf(endMs: number, most: number): number[] {
  if (endMs <= 0) return [0];
  const stepMs = stepFor(endMs / Math.max(1, most - 1));
  const count = Math.floor(endMs / stepMs + 1e-9);
  return Array.from({ length: count + 1 }, (_, index) => index * stepMs);
}

/** The next of 1, 2, 5, 10, 20, … that is no smaller. */
function stepFor(leastMs: number): number {
  const power = 10 ** Math.floor(Math.log10(leastMs));
  const step = STEPS.find((candidate) => candidate * power >= leastMs * (1 - 1e-9));
  return (step ?? 10) * power;
}

/** `0 s`, `2.5 s`: a mark in seconds with no more digits than the step needs. */
export function tickText(ms: number, stepMs: number): string {
  const digits = Math.max(0, Math.ceil(-Math.log10(stepMs / 1000) - 1e-9));
  return `${(ms / 1000).toFixed(digits)} s`;
}
