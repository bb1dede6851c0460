/**
 * Which key is to be visited next. No clock and no timer: time is an argument.
 *
 * Q1 A key is visited by one worker at a time.
 * Q2 After every `add` a visit of that key begins; after every `addAfter`, one begins at that time or later. One visit may serve many.
 * Q3 Ready keys are visited in the order in which they became ready.
 * Q4 After failures in a row the next visit waits longer and longer, unless the key is added.
 */
import { backoffMs, type BackoffLimits } from "./backoff.ts";

export type VisitEnd =
  | { readonly kind: "settled" }
  | { readonly kind: "again"; readonly afterMs: number }
  /** `atLeastMs`: the server asked for so much time. */
  | { readonly kind: "failed"; readonly atLeastMs: number };

interface Alarm {
  readonly key: string;
  readonly dueMs: number;
}

export class WorkQueue {
  readonly #limits: BackoffLimits;
  readonly #random: () => number;
  /** In order. */
  readonly #ready = new Set<string>();
  readonly #visited = new Set<string>();
  /** Added while they were visited: what the visit saw may be old. */
  readonly #dirty = new Set<string>();
  readonly #failures = new Map<string, number>();
  /** What a visit asked for itself; the next visit decides anew, so each key has one at most. */
  readonly #revisits = new Map<string, Alarm>();
  /** The soonest first. */
  readonly #alarms: Alarm[] = [];

  constructor(limits: BackoffLimits, random: () => number) {
    this.#limits = limits;
    this.#random = random;
  }

  /** Keys that wait for a worker. */
  get depth(): number {
    return this.#ready.size + this.#dirty.size;
  }

  /** When `take` will have something that it does not have now. */
  get nextDueMs(): number | undefined {
    return this.#alarms[0]?.dueMs;
  }

  add(key: string): void {
    if (this.#visited.has(key)) this.#dirty.add(key);
    else this.#ready.add(key);
  }

  addAfter(key: string, dueMs: number): void {
    this.#set({ key, dueMs });
  }

  /** The next key to be visited; `done` has to follow. */
  take(nowMs: number): string | undefined {
    this.#ring(nowMs);
    const [key] = this.#ready;
    if (key === undefined) return undefined;
    this.#ready.delete(key);
    this.#visited.add(key);
    this.#cancelRevisit(key);
    return key;
  }

  /** @returns after how long the key is visited again if nothing else happens; undefined: never */
  done(key: string, nowMs: number, end: VisitEnd): number | undefined {
    this.#visited.delete(key);
    if (this.#dirty.delete(key)) this.#ready.add(key);
    const afterMs = this.#afterMs(key, end);
    if (afterMs === undefined) return undefined;
    const alarm = { key, dueMs: nowMs + afterMs };
    this.#revisits.set(key, alarm);
    this.#set(alarm);
    return afterMs;
  }

  #afterMs(key: string, end: VisitEnd): number | undefined {
    if (end.kind !== "failed") {
      this.#failures.delete(key);
      return end.kind === "again" ? end.afterMs : undefined;
    }
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    return end.atLeastMs + backoffMs(failures, this.#limits, this.#random());
  }

  #ring(nowMs: number): void {
    const due = this.#alarms.findIndex(({ dueMs }) => dueMs > nowMs);
    for (const alarm of this.#alarms.splice(0, due < 0 ? this.#alarms.length : due)) {
      if (this.#revisits.get(alarm.key) === alarm) this.#revisits.delete(alarm.key);
      this.add(alarm.key);
    }
  }

  #set(alarm: Alarm): void {
    this.#alarms.splice(this.#place(alarm.dueMs), 0, alarm);
  }

  #cancelRevisit(key: string): void {
    const alarm = this.#revisits.get(key);
    if (alarm === undefined) return;
    this.#revisits.delete(key);
    this.#alarms.splice(this.#alarms.indexOf(alarm, this.#place(alarm.dueMs)), 1);
  }

  /** The first place whose alarm is not due before. */
  #place(dueMs: number): number {
    let low = 0;
    let high = this.#alarms.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#alarms[middle]?.dueMs ?? dueMs) < dueMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
