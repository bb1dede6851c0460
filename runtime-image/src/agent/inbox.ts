import type { Ack, Cancel, DownBatch, Items, Lease, Payload, Run } from "@troupe/protocol";

/** An aggregate's items whose `run` has not come for so long are forgotten. */
const ITEMS_KEPT_MS = 60_000;

export interface InboxHandlers {
  /** `items` is null when some of them were lost on the way. */
  readonly onRun: (run: Run, items: ReadonlyMap<number, readonly Payload[]> | null) => void;
  readonly onAck: (what: Ack["what"]) => void;
  readonly onCancel: (cancel: Cancel) => void;
  readonly onBeacon: () => void;
  /** The first word of a new owner, before what it says. */
  readonly onEpoch: (epoch: number) => void;
  /** The batch has been handled. */
  readonly onEnd: () => void;
}

interface Collected {
  readonly sinceMs: number;
  readonly byModule: Map<number, Payload[]>;
}

/** Hears the owner and nobody else: messages of a lower epoch are a former owner's, and ignored (E8). */
export class Inbox {
  readonly #handlers: InboxHandlers;
  readonly #items = new Map<Lease, Collected>();
  #epoch = 0;

  constructor(handlers: InboxHandlers) {
    this.#handlers = handlers;
  }

  /** The highest epoch that was heard; 0 before the first. */
  get epoch(): number {
    return this.#epoch;
  }

  receive({ epoch, messages }: DownBatch, nowMs: number): void {
    if (epoch < this.#epoch) return;
    if (epoch > this.#epoch) {
      this.#epoch = epoch;
      this.#handlers.onEpoch(epoch);
    }
    for (const message of messages) {
      switch (message.type) {
        case "run":
          this.#handlers.onRun(message, this.#takeItems(message));
          break;
        case "items":
          this.#collect(message, nowMs);
          break;
        case "ack":
          this.#handlers.onAck(message.what);
          break;
        case "cancel":
          this.#items.delete(message.lease);
          this.#handlers.onCancel(message);
          break;
        case "beacon":
          this.#handlers.onBeacon();
          break;
      }
    }
    this.#handlers.onEnd();
  }

  /** Forgets items whose `run` was lost. */
  sweep(nowMs: number): void {
    for (const [lease, { sinceMs }] of this.#items) if (nowMs - sinceMs > ITEMS_KEPT_MS) this.#items.delete(lease);
  }

  #collect({ lease, module, from, items }: Items, nowMs: number): void {
    const collected = this.#items.get(lease) ?? { sinceMs: nowMs, byModule: new Map<number, Payload[]>() };
    this.#items.set(lease, collected);
    const list = collected.byModule.get(module) ?? [];
    collected.byModule.set(module, list);
    items.forEach((item, index) => {
      list[from + index] = item;
    });
  }

  #takeItems(run: Run): Map<number, readonly Payload[]> | null {
    const collected = this.#items.get(run.lease)?.byModule;
    this.#items.delete(run.lease);
    const taken = new Map<number, readonly Payload[]>();
    for (const { module, count } of run.items) {
      const list = collected?.get(module) ?? [];
      // Holes of a sparse array do not count as own keys.
      if (list.length !== count || Object.keys(list).length !== count) return null;
      taken.set(module, list);
    }
    return taken;
  }
}
