/** Whole milliseconds, at least one for anything above zero: zero would mean another thing than very short. */
export function milliseconds(seconds: number): number {
  return seconds <= 0 ? 0 : Math.max(1, Math.round(seconds * 1000));
}

export function optionalMilliseconds(seconds: number | null | undefined): number | null {
  return seconds === undefined || seconds === null ? null : milliseconds(seconds);
}
