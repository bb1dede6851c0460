/** When a load is written: what somebody has to learn at once soon, the rest now and then, so that busy pipelines do not flood the bucket. */
import { LOAD_REFRESH_MS } from "@troupe/protocol";

/** What goes from or to zero under load does so hundreds of times a second. */
const SHAPE_MS = 250;
const COUNTS_MS = 2_000;

/** At most four a second, and one every five seconds at least. Time is monotonic milliseconds. */
export class LoadPace {
  #writtenAt = -Infinity;
  #shape = "";
  #version = -1;

  /** Whether it is worth looking at all. */
  isOpen(now: number): boolean {
    return now - this.#writtenAt >= SHAPE_MS;
  }

  /**
   * @param shape as `loadShape` tells it.
   * @param version a number that changes with whatever is counted.
   * @returns whether to write now; it then counts as written.
   */
  take(shape: string, version: number, now: number): boolean {
    const since = now - this.#writtenAt;
    const isDue =
      (shape !== this.#shape && since >= SHAPE_MS) ||
      (version !== this.#version && since >= COUNTS_MS) ||
      since >= LOAD_REFRESH_MS;
    if (!isDue) return false;
    this.#writtenAt = now;
    this.#shape = shape;
    this.#version = version;
    return true;
  }
}
