/**
 * The mailbox of one incarnation: takes every caller's calls once and in the order of their numbers, lets as many run as may run at a time,
 * and keeps every outcome until its caller has it. Pure: time is an argument, and what to do is returned.
 */
import type { AnswerBatch, Call, CallBatch, CallOutcome } from "@troupe/protocol";

export interface MailboxOptions {
  /** Calls that may wait or run. */
  readonly limit: number;
  /** Calls that may run at a time. */
  readonly concurrency: number;
}

/** A call that was taken. `key` names it within this incarnation. */
export interface Taken {
  readonly key: number;
  readonly caller: string;
  readonly call: Call;
}

interface KeptOutcome {
  readonly outcome: CallOutcome;
  /** When it was last sent; -Infinity: never. */
  sentAt: number;
}

interface CallerState {
  readonly session: number;
  /** Unique within the mailbox. */
  readonly life: number;
  next: number;
  gap: boolean;
  heardAt: number;
  readonly outcomes: Map<number, KeptOutcome>;
  /** Calls that wait or run, by number. */
  readonly open: Map<number, Taken>;
}

export class Mailbox {
  readonly #options: MailboxOptions;
  readonly #callers = new Map<string, CallerState>();
  readonly #due = new Set<string>();
  #queue: Taken[] = [];
  #head = 0;
  readonly #running = new Map<number, Taken>();
  readonly #dropped = new Set<number>();
  #nextKey = 1;
  #nextLife = 1;
  #done = 0;
  #failed = 0;

  constructor(options: MailboxOptions) {
    this.#options = options;
  }

  /** Calls that wait. */
  get queued(): number {
    return this.#queue.length - this.#head - this.#dropped.size;
  }

  get running(): ReadonlyMap<number, Taken> {
    return this.#running;
  }

  get counts(): { readonly done: number; readonly failed: number } {
    return { done: this.#done, failed: this.#failed };
  }

  /** @returns the keys of running calls whose callers no longer want them. */
  receive({ caller, session, calls, seen, cancelled }: CallBatch, now: number): number[] {
    const state = this.#stateOf(caller, session);
    if (state === undefined) return [];
    state.heardAt = now;
    for (const n of seen) state.outcomes.delete(n);
    for (const call of calls) {
      if (call.n === state.next) this.#take(caller, state, call);
      else if (call.n > state.next) state.gap = true;
      else this.#again(state, call.n);
    }
    if (calls.length > 0) this.#due.add(caller);
    return cancelled.map((n) => this.#cancel(caller, state, n)).filter((key) => key !== undefined);
  }

  /** The calls to begin now, in order. */
  begin(): Taken[] {
    const begun: Taken[] = [];
    while (this.#running.size < this.#options.concurrency && this.#head < this.#queue.length) {
      const taken = this.#queue[this.#head++];
      if (taken === undefined || this.#dropped.delete(taken.key)) continue;
      this.#running.set(taken.key, taken);
      begun.push(taken);
    }
    if (this.#head > 1_000 || this.#head === this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    return begun;
  }

  /** A running call has ended. */
  end(key: number, outcome: CallOutcome): void {
    const taken = this.#running.get(key);
    if (taken === undefined) return;
    this.#running.delete(key);
    if (outcome.kind === "returned") this.#done++;
    else this.#failed++;
    this.#settle(taken, outcome);
  }

  /** Outcomes that were sent and not acknowledged within `afterMs` are sent again. */
  repeat(now: number, afterMs: number): void {
    for (const [caller, state] of this.#callers) {
      for (const kept of state.outcomes.values()) {
        if (now - kept.sentAt < afterMs || kept.sentAt === -Infinity) continue;
        kept.sentAt = -Infinity;
        this.#due.add(caller);
      }
    }
  }

  /**
   * Callers that have been silent for `silentMs`, and for whom nothing waits, runs or is kept, are forgotten. Those for whom an outcome is kept
   * are so after `goneMs`: they say that they wait for it as long as they live.
   * @returns them, with the outcomes that nobody will fetch.
   */
  forget(
    now: number,
    { silentMs, goneMs }: { readonly silentMs: number; readonly goneMs: number },
  ): { readonly caller: string; readonly outcomes: readonly CallOutcome[] }[] {
    const forgotten = [...this.#callers].filter(
      ([, { heardAt, open, outcomes }]) => open.size === 0 && now - heardAt > (outcomes.size === 0 ? silentMs : goneMs),
    );
    for (const [caller] of forgotten) this.#callers.delete(caller);
    return forgotten.map(([caller, { outcomes }]) => ({
      caller,
      outcomes: [...outcomes.values()].map(({ outcome }) => outcome),
    }));
  }

  /** What is to be said now, to whom. */
  answers(now: number): { readonly caller: string; readonly answer: Omit<AnswerBatch, "actor" | "incarnation"> }[] {
    const answers = [...this.#due].flatMap((caller) => {
      const state = this.#callers.get(caller);
      if (state === undefined) return [];
      const unsent = [...state.outcomes].filter(([, { sentAt }]) => sentAt === -Infinity);
      for (const [, kept] of unsent) kept.sentAt = now;
      const { session, life, next, gap } = state;
      state.gap = false;
      return [
        { caller, answer: { session, life, next, gap, outcomes: unsent.map(([n, { outcome }]) => ({ n, outcome })) } },
      ];
    });
    this.#due.clear();
    return answers;
  }

  /** @returns undefined for a session that is over. */
  #stateOf(caller: string, session: number): CallerState | undefined {
    const known = this.#callers.get(caller);
    if (known !== undefined && known.session >= session) return known.session === session ? known : undefined;
    const state: CallerState = {
      session,
      life: this.#nextLife++,
      next: 1,
      gap: false,
      heardAt: 0,
      outcomes: new Map(),
      open: new Map(),
    };
    this.#callers.set(caller, state);
    return state;
  }

  #take(caller: string, state: CallerState, call: Call): void {
    state.next++;
    const { limit } = this.#options;
    if (this.queued + this.#running.size >= limit) {
      state.outcomes.set(call.n, { outcome: { kind: "refused", limit }, sentAt: -Infinity });
      return;
    }
    const taken: Taken = { key: this.#nextKey++, caller, call };
    state.open.set(call.n, taken);
    this.#queue.push(taken);
  }

  /** It came before. If it has ended, its caller may not know. */
  #again(state: CallerState, n: number): void {
    const kept = state.outcomes.get(n);
    if (kept !== undefined) kept.sentAt = -Infinity;
  }

  #cancel(caller: string, state: CallerState, n: number): number | undefined {
    const taken = state.open.get(n);
    if (taken === undefined) return undefined;
    if (this.#running.has(taken.key)) return taken.key;
    this.#dropped.add(taken.key);
    this.#settle(taken, { kind: "cancelled" });
    this.#due.add(caller);
    return undefined;
  }

  #settle({ caller, call }: Taken, outcome: CallOutcome): void {
    const state = this.#callers.get(caller);
    if (state === undefined) return;
    state.open.delete(call.n);
    state.outcomes.set(call.n, { outcome, sentAt: -Infinity });
    this.#due.add(caller);
  }
}
