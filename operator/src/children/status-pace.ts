/** When a status is written: what it says at once, how much there is of it now and then. */
import { isPlainObject } from "@troupe/model";
import { differs } from "./differs.ts";

/** Counters alone are written at most so often. */
export const COUNTER_MS = 15_000;
/** Under load a counter may go from and to zero several times a second: no more of that is news within `NEWS_MS`. */
export const NEWS_COUNT = 4;
export const NEWS_MS = 60_000;

export type StatusDecision =
  /** `isNews`: because a counter became zero, or stopped being it, and for no other reason. */
  | { readonly kind: "write"; readonly isNews: boolean }
  | { readonly kind: "later"; readonly afterMs: number }
  | { readonly kind: "same" };

export interface StatusChange {
  readonly observed: unknown;
  readonly wanted: object;
  /** Fields that count, by name; a mapping among them has counters as its fields. */
  readonly counters: readonly string[];
  /** When counters were last written, in Unix milliseconds; null: not by this process. */
  readonly writtenMs: number | null;
  /** When news was written within the last `NEWS_MS`, in Unix milliseconds. */
  readonly newsMs: readonly number[];
  readonly nowMs: number;
}

/** A counter that becomes zero, or stops being it, is written at once: that is news, unless it goes on and on. */
export function decideStatus(change: StatusChange): StatusDecision {
  const { observed, wanted, counters, writtenMs, newsMs, nowMs } = change;
  const before = isPlainObject(observed) ? observed : {};
  const next: Record<string, unknown> = { ...wanted };
  if (isOther(without(before, counters), without(next, counters))) return { kind: "write", isNews: false };
  const [old, fresh] = [only(before, counters), only(next, counters)];
  if (!isOther(old, fresh)) return { kind: "same" };
  const leftMs = writtenMs === null ? 0 : writtenMs + COUNTER_MS - nowMs;
  if (leftMs <= 0) return { kind: "write", isNews: false };
  const isNews = isOther(isZero(old), isZero(fresh));
  return isNews && newsMs.length < NEWS_COUNT ? { kind: "write", isNews } : { kind: "later", afterMs: leftMs };
}

/** Those that still count. */
export function recentNews(newsMs: readonly number[], nowMs: number): readonly number[] {
  return newsMs.filter((moment) => moment > nowMs - NEWS_MS);
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
