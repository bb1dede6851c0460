/**
 * The calls of one caller to one actor, from when they are made until their outcome is there. Numbers them for an incarnation, sends again
 * what was not taken, and decides what becomes of them when the incarnation ends. Pure: time is an argument, and what to send is returned.
 */
import type { AnswerBatch, Call, CallOutcome, Payload } from "@troupe/protocol";

export interface NewCall {
  readonly method: string;
  readonly args: Payload;
  /** How often it may be made again after it died with its actor; -1: always. */
  readonly retries: number;
}

interface Entry extends NewCall {
  readonly id: number;
  retriesLeft: number;
  /** Its number for the current incarnation; undefined: it was not sent to it. */
  n: number | undefined;
  phase: "waiting" | "sent" | "accepted";
  sentAt: number;
  cancelled: boolean;
}

/** What is to go to the incarnation now. */
export interface Sending {
  readonly incarnation: number;
  /** Rises when the agent has forgotten this caller: numbers begin anew then. */
  readonly session: number;
  readonly calls: readonly Call[];
  readonly seen: readonly number[];
  readonly cancelled: readonly number[];
}

export interface Heard {
  /** These stand in the mailbox, or have ended. */
  readonly delivered: readonly number[];
  readonly ended: readonly { readonly id: number; readonly outcome: CallOutcome }[];
  /** The agent has forgotten us, and with us what became of these. */
  readonly forgotten: readonly number[];
}

const NOTHING: Heard = { delivered: [], ended: [], forgotten: [] };

export class Sender {
  readonly #entries = new Map<number, Entry>();
  readonly #byNumber = new Map<number, Entry>();
  #incarnation: number | undefined;
  #session = 1;
  /** Of what the agent knows of us; 0: nothing has been heard. */
  #life = 0;
  #nextId = 1;
  #nextNumber = 1;
  #resendFrom: number | undefined;
  #seen: number[] = [];
  #cancelled: number[] = [];

  /** Calls without an outcome. */
  get pending(): number {
    return this.#entries.size;
  }

  /** The incarnation that is called; undefined while there is none. */
  get incarnation(): number | undefined {
    return this.#incarnation;
  }

  get session(): number {
    return this.#session;
  }

  /** @returns the call's id, by which its outcome is told. */
  add(call: NewCall): number {
    const id = this.#nextId++;
    this.#entries.set(id, {
      ...call,
      id,
      retriesLeft: call.retries,
      n: undefined,
      phase: "waiting",
      sentAt: -Infinity,
      cancelled: false,
    });
    return id;
  }

  /** @returns true when it has not been sent: then it has ended, and nobody has heard of it. */
  cancel(id: number): boolean {
    const entry = this.#entries.get(id);
    if (entry === undefined) return false;
    if (entry.n === undefined) {
      this.#entries.delete(id);
      return true;
    }
    entry.cancelled = true;
    this.#cancelled.push(entry.n);
    return false;
  }

  /** An incarnation lives, and is called from now on. Say first that the former one was lost. */
  begin(incarnation: number): void {
    if (this.#incarnation === incarnation) return;
    this.#incarnation = incarnation;
    this.#session = 1;
    this.#restartNumbers();
  }

  /**
   * The incarnation has ended.
   * @param isFinal no other follows.
   * @returns the calls that end with it, and whether each may have run.
   */
  lost(isFinal: boolean): { readonly id: number; readonly mayHaveRun: boolean }[] {
    this.#incarnation = undefined;
    const ending = [...this.#entries.values()].filter((entry) => isFinal || !survives(entry));
    for (const { id } of ending) this.#entries.delete(id);
    for (const entry of this.#entries.values()) if (entry.phase !== "waiting") entry.retriesLeft--;
    this.#restartNumbers();
    return ending.map(({ id, phase }) => ({ id, mayHaveRun: phase !== "waiting" }));
  }

  /** Everything that was sent and not taken within `afterMs` is sent again. @returns whether there is anything. */
  resend(now: number, afterMs: number): boolean {
    for (const entry of this.#byNumber.values()) {
      if (entry.phase !== "sent" || now - entry.sentAt < afterMs) continue;
      this.#resendFrom = Math.min(this.#resendFrom ?? Infinity, entry.n ?? Infinity);
      return true;
    }
    return false;
  }

  /** Whether something has to be sent again at once. */
  get isUrgent(): boolean {
    return this.#resendFrom !== undefined || this.#byNumber.size < this.#entries.size;
  }

  /** What is to be sent now; undefined: nothing. */
  take(now: number): Sending | undefined {
    if (this.#incarnation === undefined) return undefined;
    const calls = [...this.#again(), ...this.#fresh()];
    if (calls.length === 0 && this.#seen.length === 0 && this.#cancelled.length === 0) return undefined;
    for (const entry of calls) entry.sentAt = now;
    const sending: Sending = {
      incarnation: this.#incarnation,
      session: this.#session,
      calls: calls.map(({ n, method, args }) => ({ n: n ?? 0, method, args })),
      seen: this.#seen,
      cancelled: this.#cancelled,
    };
    this.#seen = [];
    this.#cancelled = [];
    return sending;
  }

  heard(answer: AnswerBatch): Heard {
    const { life, next, gap } = answer;
    if (!this.#isOurs(answer)) return NOTHING;
    if (this.#life !== 0 && life > this.#life) return { ...NOTHING, forgotten: this.#beginAgain() };
    this.#life = life;
    const delivered = this.#accept(next);
    const ended = answer.outcomes.flatMap(({ n, outcome }) => this.#end(n, outcome));
    if (gap) this.#resendFrom = Math.min(this.#resendFrom ?? Infinity, next);
    return { delivered, ended, forgotten: [] };
  }

  /** Answers of former times may still be under way. */
  #isOurs({ incarnation, session, life }: AnswerBatch): boolean {
    return incarnation === this.#incarnation && session === this.#session && life >= this.#life;
  }

  /** Everything below `next` was taken. */
  #accept(next: number): number[] {
    const delivered: number[] = [];
    for (const entry of this.#byNumber.values()) {
      if ((entry.n ?? 0) >= next) break;
      if (entry.phase !== "sent") continue;
      entry.phase = "accepted";
      delivered.push(entry.id);
    }
    return delivered;
  }

  /** @returns nothing when the outcome came before: the agent did not know yet that we have it. */
  #end(n: number, outcome: CallOutcome): { id: number; outcome: CallOutcome }[] {
    this.#seen.push(n);
    const entry = this.#byNumber.get(n);
    if (entry === undefined) return [];
    this.#byNumber.delete(n);
    this.#entries.delete(entry.id);
    return [{ id: entry.id, outcome }];
  }

  /** Calls that it had not taken are sent anew; what became of those that it had, nobody knows. */
  #beginAgain(): number[] {
    const ending = [...this.#entries.values()].filter((entry) => entry.phase === "accepted" && !survives(entry));
    for (const { id } of ending) this.#entries.delete(id);
    for (const entry of this.#entries.values()) if (entry.phase === "accepted") entry.retriesLeft--;
    this.#session++;
    this.#restartNumbers();
    return ending.map(({ id }) => id);
  }

  #again(): Entry[] {
    const from = this.#resendFrom;
    this.#resendFrom = undefined;
    if (from === undefined) return [];
    return [...this.#byNumber.values()].filter(({ n, phase }) => phase === "sent" && (n ?? 0) >= from);
  }

  #fresh(): Entry[] {
    const fresh: Entry[] = [];
    // The latest stand at the end, and all that have a number stand before all that have none.
    if (this.#byNumber.size === this.#entries.size) return fresh;
    for (const entry of this.#entries.values()) {
      if (entry.n !== undefined) continue;
      entry.n = this.#nextNumber++;
      entry.phase = "sent";
      this.#byNumber.set(entry.n, entry);
      fresh.push(entry);
    }
    return fresh;
  }

  #restartNumbers(): void {
    this.#nextNumber = 1;
    this.#life = 0;
    this.#byNumber.clear();
    this.#seen = [];
    this.#cancelled = [];
    this.#resendFrom = undefined;
    for (const entry of this.#entries.values()) {
      entry.n = undefined;
      entry.phase = "waiting";
    }
  }
}

function survives({ phase, retriesLeft, cancelled }: Entry): boolean {
  return phase === "waiting" || (retriesLeft !== 0 && !cancelled);
}
