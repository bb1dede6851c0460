/** What was submitted and not yet taken: in the order of submission, or as it comes; both may be mixed. */
import { NoMoreResultsError, PoolTimeoutError } from "./errors.ts";
import type { Outcome } from "./outcome.ts";

export interface NextOptions {
  /** How long to wait, in milliseconds. Default: until it comes. */
  readonly timeoutMs?: number;
  /** After a timeout the result is given up: `getNext` goes on with the one after it. Default false. */
  readonly ignoreIfTimedOut?: boolean;
}

/** One task's result; `claimed` while somebody waits for just this one. */
export interface Slot<R> {
  outcome: Outcome<R> | undefined;
  claimed: boolean;
  wake: (() => void) | undefined;
}

interface Waiter<R> {
  readonly give: (slot: Slot<R>) => void;
}

export class Results<R> {
  /** In the order of submission. */
  readonly #slots = new Set<Slot<R>>();
  /** Ended and not taken, in the order in which they ended. */
  readonly #ended = new Set<Slot<R>>();
  readonly #waiters = new Set<Waiter<R>>();

  get hasNext(): boolean {
    return this.#firstFree() !== undefined;
  }

  /** Whether the next one is there already: in the order of submission, or any. */
  isReady(order: "input" | "completion"): boolean {
    return order === "completion" ? this.#ended.size > 0 : this.#firstFree()?.outcome !== undefined;
  }

  add(): Slot<R> {
    const slot: Slot<R> = { outcome: undefined, claimed: false, wake: undefined };
    this.#slots.add(slot);
    return slot;
  }

  settle(slot: Slot<R>, outcome: Outcome<R>): void {
    if (!this.#slots.has(slot)) return; // given up
    slot.outcome = outcome;
    if (slot.claimed) {
      slot.wake?.();
      return;
    }
    const [waiter] = this.#waiters;
    if (waiter !== undefined) {
      this.#waiters.delete(waiter);
      this.#take(slot);
      waiter.give(slot);
      return;
    }
    this.#ended.add(slot);
  }

  /** @throws {NoMoreResultsError} @throws {PoolTimeoutError} */
  async next({ timeoutMs, ignoreIfTimedOut = false }: NextOptions): Promise<Outcome<R>> {
    const slot = this.#firstFree();
    if (slot === undefined) throw new NoMoreResultsError();
    if (slot.outcome !== undefined) return this.#taken(slot);
    slot.claimed = true;
    const came = await within(timeoutMs, (wake) => {
      slot.wake = wake;
    });
    slot.wake = undefined;
    if (came) return this.#taken(slot);
    slot.claimed = false;
    if (ignoreIfTimedOut) this.#take(slot);
    throw new PoolTimeoutError(timeoutMs ?? 0);
  }

  /** @throws {NoMoreResultsError} @throws {PoolTimeoutError} */
  async nextUnordered({ timeoutMs, ignoreIfTimedOut = false }: NextOptions): Promise<Outcome<R>> {
    const [ended] = this.#ended;
    if (ended !== undefined) return this.#taken(ended);
    const oldest = this.#firstFree();
    if (oldest === undefined) throw new NoMoreResultsError();
    let given: Slot<R> | undefined;
    let waiter: Waiter<R> | undefined;
    await within(timeoutMs, (wake) => {
      waiter = {
        give: (slot) => {
          given = slot;
          wake();
        },
      };
      this.#waiters.add(waiter);
    });
    if (waiter !== undefined) this.#waiters.delete(waiter);
    if (given !== undefined) return this.#taken(given);
    if (ignoreIfTimedOut) this.#take(oldest);
    throw new PoolTimeoutError(timeoutMs ?? 0);
  }

  #firstFree(): Slot<R> | undefined {
    for (const slot of this.#slots) if (!slot.claimed) return slot;
    return undefined;
  }

  #take(slot: Slot<R>): void {
    this.#slots.delete(slot);
    this.#ended.delete(slot);
  }

  #taken(slot: Slot<R>): Outcome<R> {
    this.#take(slot);
    if (slot.outcome === undefined) throw new Error("a result was taken before it came");
    return slot.outcome;
  }
}

/** @returns false when the time passed before `wake` was called */
async function within(timeoutMs: number | undefined, wait: (wake: () => void) => void): Promise<boolean> {
  return new Promise((resolve) => {
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            resolve(false);
          }, timeoutMs);
    wait(() => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}
