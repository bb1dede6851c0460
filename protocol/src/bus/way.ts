/**
 * The way of one payload's pieces to NATS or from there. It may be slow: a link of little bandwidth, a disk that many sync to. Then one piece at
 * a time is on it, so that a heartbeat on the same connection is not held up for long; and it is given up only when no piece gets through.
 */
import { setTimeout as delay } from "node:timers/promises";
import { JetStreamError } from "./jetstream.ts";
import { BusTimeoutError, type Bus } from "./port.ts";

/** Pieces under way at a time. */
const WINDOW = 4;
/** How often a piece is tried at least: NATS may be restarting. */
const ATTEMPTS = 5;
const TIMEOUT_MS = 5_000;
/** A piece that took longer shows that the way is slow. */
const SLOW_MS = 1_000;
/** On a slow way: what is sent again too soon makes it slower. */
const SLOW_TIMEOUT_MS = 20_000;
/** While the connection stands, it is given up when nothing got through for so long. */
const STUCK_MS = 60_000;

export class Way {
  readonly #bus: Pick<Bus, "status">;
  #isSlow = false;
  #movedAt = performance.now();

  constructor(bus: Pick<Bus, "status">) {
    this.#bus = bus;
  }

  /** How many pieces may be under way. */
  get room(): number {
    return this.#isSlow ? 1 : WINDOW;
  }

  /** Carries one piece, by as many attempts as it takes. @throws what the last one threw; at once what the server itself refused. */
  async carry<T>(attempt: (timeoutMs: number) => Promise<T>): Promise<T> {
    for (let failures = 1; ; failures++) {
      const begin = performance.now();
      try {
        const result = await attempt(this.#isSlow ? SLOW_TIMEOUT_MS : TIMEOUT_MS);
        this.#movedAt = performance.now();
        return result;
      } catch (error) {
        if (error instanceof JetStreamError || (failures >= ATTEMPTS && !this.#mayMove(error))) throw error;
      } finally {
        this.#isSlow ||= performance.now() - begin > SLOW_MS;
      }
      await delay(200 * Math.min(failures, ATTEMPTS));
    }
  }

  /** Carries all pieces, by their indexes. */
  async all(count: number, carry: (index: number) => Promise<void>): Promise<void> {
    let next = 0;
    const lane = async (index: number): Promise<void> => {
      while (next < count && index < this.room) await carry(next++);
    };
    await Promise.all(Array.from({ length: Math.min(WINDOW, count) }, async (_, index) => lane(index)));
  }

  /** Somebody is there, and only slow. */
  #mayMove(error: unknown): boolean {
    const isLate = error instanceof BusTimeoutError && this.#bus.status === "connected";
    return isLate && performance.now() - this.#movedAt <= STUCK_MS;
  }
}
