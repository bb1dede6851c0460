/**
 * The way of one payload's pieces to NATS or from there. It may be slow: a link of little bandwidth, a disk that many sync to. Then fewer pieces
 * are on it at a time, so that a heartbeat on the same connection is not held up for long; and it is given up only when no piece gets through.
 */
import { setTimeout as delay } from "node:timers/promises";
import { JetStreamError } from "./jetstream.ts";
import { BusTimeoutError, type Bus } from "./port.ts";

/** Pieces under way at a time, where nothing is slow. */
const WINDOW = 4;
/** How often a piece is tried at least: NATS may be restarting. */
const ATTEMPTS = 5;
const TIMEOUT_MS = 5_000;
/** A piece that took longer shows that the way is slow. What waits behind the pieces does so about as long; who is silent for 5 s is taken for dead. */
const SLOW_MS = 2_500;
/** And one that took less, that it is not, or no more. */
const QUICK_MS = 500;
/** On a slow way: what is sent again too soon makes it slower. */
const SLOW_TIMEOUT_MS = 20_000;
/** While the connection stands, it is given up when nothing got through for so long. */
const STUCK_MS = 60_000;

export class Way {
  readonly #bus: Pick<Bus, "status">;
  #room = WINDOW;
  #movedAt = performance.now();

  constructor(bus: Pick<Bus, "status">) {
    this.#bus = bus;
  }

  /** How many pieces may be under way. */
  get room(): number {
    return this.#room;
  }

  /** Carries one piece, by as many attempts as it takes. @throws what the last one threw; at once what the server itself refused. */
  async carry<T>(attempt: (timeoutMs: number) => Promise<T>): Promise<T> {
    for (let failures = 1; ; failures++) {
      const begin = performance.now();
      try {
        const result = await attempt(this.#room < WINDOW ? SLOW_TIMEOUT_MS : TIMEOUT_MS);
        this.#movedAt = performance.now();
        return result;
      } catch (error) {
        if (error instanceof JetStreamError || (failures >= ATTEMPTS && !this.#mayMove(error))) throw error;
      } finally {
        this.#learn(performance.now() - begin);
      }
      await delay(200 * Math.min(failures, ATTEMPTS));
    }
  }

  /** Carries all pieces, by their indexes. */
  async all(count: number, carry: (index: number) => Promise<void>): Promise<void> {
    const underWay = new Set<Promise<void>>();
    for (let next = 0; next < count || underWay.size > 0;) {
      for (; next < count && underWay.size < this.#room; next++) {
        const piece = carry(next).finally(() => underWay.delete(piece));
        piece.catch(() => undefined); // thrown below, by the first that fails
        underWay.add(piece);
      }
      await Promise.race(underWay);
    }
  }

  #learn(tookMs: number): void {
    if (tookMs > SLOW_MS) this.#room = Math.max(1, Math.floor(this.#room / 2));
    else if (tookMs < QUICK_MS) this.#room = Math.min(WINDOW, this.#room + 1);
  }

  /** Somebody is there, and only slow. */
  #mayMove(error: unknown): boolean {
    const isLate = error instanceof BusTimeoutError && this.#bus.status === "connected";
    return isLate && performance.now() - this.#movedAt <= STUCK_MS;
  }
}
