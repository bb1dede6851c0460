/** When a status is written: what it says at once, how much there is of it now and then. */
import { isPlainObject } from "@troupe/model";
import { differs } from "./differs.ts";

/** Counters alone are written at most so often. */
export const COUNTER_MS = 15_000;

export type StatusDecision =
  { readonly kind: "write" } | { readonly kind: "later"; readonly afterMs: number } | { readonly kind: "same" };

export interface StatusChange {
  readonly observed: unknown;
  readonly wanted: object;
  /** Fields that count, by name; a mapping among them has counters as its fields. */
  readonly counters: readonly string[];
  /** When counters were last written, in Unix milliseconds; null: not by this process. */
  readonly writtenMs: number | null;
  readonly nowMs: number;
}

/** A counter that becomes zero, or stops being it, is written at once: that is news. */
export function decideStatus({ observed, wanted, counters, writtenMs, nowMs }: StatusChange): StatusDecision {
  const before = isPlainObject(observed) ? observed : {};
  const next: Record<string, unknown> = { ...wanted };
  if (isOther(without(before, counters), without(next, counters))) return { kind: "write" };
  const [old, fresh] = [only(before, counters), only(next, counters)];
  if (isOther(isZero(old), isZero(fresh))) return { kind: "write" };
  if (!isOther(old, fresh)) return { kind: "same" };
  const leftMs = writtenMs === null ? 0 : writtenMs + COUNTER_MS - nowMs;
  return leftMs <= 0 ? { kind: "write" } : { kind: "later", afterMs: leftMs };
}

function isOther(a: unknown, b: unknown): boolean {
  return differs(a, b) || differs(b, a);
}

function without(status: Record<string, unknown>, counters: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(status).filter(([field]) => !counters.includes(field)));
}

function only(status: Record<string, unknown>, counters: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(status).filter(([field]) => counters.includes(field)));
}

function isZero(value: unknown): unknown {
  if (!isPlainObject(value)) return value === 0;
  return Object.fromEntries(Object.entries(value).map(([field, inner]) => [field, isZero(inner)]));
}
