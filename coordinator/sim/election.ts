/** A model of shell/election.ts: a lease of two seconds that only keeps coordinators out of each other's way. */
import type { Clock } from "./clock.ts";
import type { Task } from "./process.ts";
import type { Server } from "./server.ts";

export const RENEW_MS = 500;
const EXPIRES_MS = 2_000;
const CONFIRMED_MS = 1_000;

export class Election {
  readonly #clock: Clock;
  readonly #server: Server;
  readonly #holder: string;
  #seen: { readonly sequence: number; readonly since: number } | undefined;
  #held: number | undefined;
  #confirmedAt = -Infinity;
  /** Until then it takes itself for confirmed, as a process does that is frozen between the question and the deed. */
  #carelessUntil = -Infinity;

  constructor(clock: Clock, server: Server, holder: string) {
    this.#clock = clock;
    this.#server = server;
    this.#holder = holder;
  }

  get isConfirmed(): boolean {
    return this.#clock.now - this.#confirmedAt < CONFIRMED_MS || this.#clock.now < this.#carelessUntil;
  }

  confirm(askedAt: number): void {
    if (askedAt > this.#confirmedAt) this.#confirmedAt = askedAt;
  }

  beCarelessFor(ms: number): void {
    this.#carelessUntil = this.#clock.now + ms;
  }

  *tryAcquire(): Task<boolean> {
    const server = this.#server;
    const askedAt = this.#clock.now;
    const lease = yield* server.ask(() => server.lease);
    if (lease === undefined) return false;
    if (lease.holder !== null && lease.holder !== this.#holder) {
      if (this.#seen?.sequence !== lease.sequence) this.#seen = { sequence: lease.sequence, since: askedAt };
      if (askedAt - this.#seen.since < EXPIRES_MS) return false;
    }
    const written = yield* server.call(() => server.writeLease(this.#holder, lease.sequence));
    if (written === undefined || written === null) return false;
    this.#held = written;
    this.#confirmedAt = askedAt;
    return true;
  }

  /** @returns `unknown` when the server did not answer. */
  *renew(): Task<"held" | "lost" | "unknown"> {
    const server = this.#server;
    const held = this.#held;
    if (held === undefined) return "lost";
    const askedAt = this.#clock.now;
    const written = yield* server.call(() => server.writeLease(this.#holder, held));
    if (written === undefined) return "unknown";
    if (written === null) return yield* this.#afterRefusal(askedAt);
    this.#held = written;
    this.confirm(askedAt);
    return "held";
  }

  *#afterRefusal(askedAt: number): Task<"held" | "lost" | "unknown"> {
    const server = this.#server;
    const lease = yield* server.ask(() => server.lease);
    if (lease === undefined) return "unknown";
    if (lease.holder !== this.#holder) {
      this.#held = undefined;
      return "lost";
    }
    this.#held = lease.sequence;
    this.confirm(askedAt);
    return "held";
  }
}
