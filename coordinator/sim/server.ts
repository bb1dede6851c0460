/** The NATS server's storage: journal, snapshots, records and the lease, and how calls to it go wrong. */
import type { Clock } from "./clock.ts";
import type { Task } from "./process.ts";
import type { Random } from "./random.ts";
import type { Weather } from "./weather.ts";

/** A stream as far as the journal and the records need one. */
export class Stream {
  readonly messages = new Map<number, Uint8Array>();
  first = 1;
  last = 0;

  append(data: Uint8Array): number {
    this.messages.set(++this.last, data);
    return this.last;
  }

  purgeBelow(sequence: number): void {
    for (; this.first < sequence && this.first <= this.last; this.first++) this.messages.delete(this.first);
  }

  /** Loses its newest messages, as no stream should. */
  truncate(to: number): void {
    for (; this.last > to; this.last--) this.messages.delete(this.last);
  }
}

export interface LeaseEntry {
  readonly sequence: number;
  readonly holder: string | null;
}

/** What came of an append: its sequence; null when it was not the expected last sequence; `full` when there is no room. */
export type Appended = number | null | "full";

export interface ServerOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly weather: Weather;
  /** Whether the expected last sequence is checked: the fence. */
  readonly isFenced: boolean;
  readonly onJournalled: (sequence: number, frame: Uint8Array, askedAt: number) => void;
}

const CALL_TIMEOUT_MS = 1_000;

export class Server {
  readonly journal = new Stream();
  readonly records = new Stream();
  /** By `<number>.<part>`. */
  readonly snapshots = new Map<string, Uint8Array>();
  lease: LeaseEntry = { sequence: 0, holder: null };
  #fullUntil = 0;
  readonly #options: ServerOptions;

  constructor(options: ServerOptions) {
    this.#options = options;
  }

  get isFull(): boolean {
    return this.#options.clock.now < this.#fullUntil;
  }

  /** Has no room in the journal for a while. */
  beFullFor(ms: number): void {
    this.#fullUntil = this.#options.clock.now + ms;
  }

  /** Asks the server for something. @returns undefined when no answer came: then it may have happened, may still happen, or not. */
  *call<T>(operation: () => T): Task<T | undefined> {
    const { clock, random, weather } = this.#options;
    const isGood = clock.now >= weather.untilMs;
    if (!isGood && random.chance(weather.requestLost)) {
      yield CALL_TIMEOUT_MS;
      return undefined;
    }
    if (!isGood && random.chance(weather.appliedLate)) {
      clock.after(random.between(1, 4_000), operation);
      yield CALL_TIMEOUT_MS;
      return undefined;
    }
    yield random.between(0.2, 0.4);
    const result = operation();
    if (!isGood && random.chance(weather.answerLost)) {
      yield CALL_TIMEOUT_MS;
      return undefined;
    }
    yield isGood || !random.chance(weather.slow) ? random.between(0.2, 0.6) : random.between(1, 900); // with the sync to disk
    return result;
  }

  /** @returns the page's number; undefined as for {@link call}. */
  *writePage(page: Uint8Array): Task<number | undefined> {
    const { random, weather } = this.#options;
    const number = yield* this.call(() => this.records.append(page));
    if (random.chance(weather.slowPages)) yield random.between(10, 1_500);
    return number;
  }

  /** Asks for something that changes nothing. @returns undefined when no answer came. */
  *ask<T>(question: () => T): Task<T | undefined> {
    const { clock, random, weather } = this.#options;
    yield random.between(0.2, 0.4);
    if (clock.now < weather.untilMs && random.chance(weather.requestLost + weather.answerLost)) {
      yield CALL_TIMEOUT_MS;
      return undefined;
    }
    const answer = question();
    yield clock.now < weather.untilMs && random.chance(weather.slow)
      ? random.between(1, 900)
      : random.between(0.1, 0.3);
    return answer;
  }

  /** @param askedAt when the request was made, which may be long ago. */
  appendToJournal(frame: Uint8Array, expected: number, askedAt: number): Appended {
    if (this.isFull) return "full";
    if (this.#options.isFenced && this.journal.last !== expected) return null;
    const sequence = this.journal.append(frame);
    this.#options.onJournalled(sequence, frame, askedAt);
    return sequence;
  }

  writeLease(holder: string | null, expected: number): number | null {
    if (this.lease.sequence !== expected) return null;
    this.lease = { sequence: expected + 1, holder };
    return expected + 1;
  }

  /** Somebody deletes the lease: the next who looks owns too. */
  stealLease(): void {
    this.lease = { sequence: this.lease.sequence + 1, holder: null };
  }
}
