/** When to read the revision bucket again: when something was written of a scope, and now and then, for word of it may get lost. */
import { onRevisionWritten, type Bus, type BusSubscription, type Scope } from "@troupe/protocol";

/** What was written is not readable at once. */
const REREAD_AFTER_WORD_MS = 100;

export class RevisionNews implements Disposable {
  readonly #subscription: BusSubscription;
  readonly #everyMs: number;
  /** Monotonic moments. */
  #readAt = -Infinity;
  #heardAt = -Infinity;

  /** @param everyMs how old what was read may be though nothing was heard */
  constructor(bus: Bus, scope: Scope, everyMs: number) {
    this.#everyMs = everyMs;
    this.#subscription = onRevisionWritten(bus, scope, () => {
      this.#heardAt = performance.now();
    });
  }

  [Symbol.dispose](): void {
    this.#subscription.unsubscribe();
  }

  isDue(now: number): boolean {
    return this.#heardAt + REREAD_AFTER_WORD_MS > this.#readAt || now - this.#readAt >= this.#everyMs;
  }

  /** @param now when the reading that has succeeded began: what was written since is news */
  wasRead(now: number): void {
    this.#readAt = now;
  }
}
