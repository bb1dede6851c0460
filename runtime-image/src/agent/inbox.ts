import type {
  Ack,
  Cancel,
  DownBatch,
  Items,
  Lease,
  ModuleResult,
  Payload,
  Recall,
  Results,
  Run,
} from "@troupe/protocol";

/** What came before a `run` that has not come for so long is forgotten. */
const KEPT_MS = 60_000;

export interface InboxHandlers {
  /** `run` has all its results. `items` is null when some of them or of the results were lost on the way. */
  readonly onRun: (run: Run, items: ReadonlyMap<number, readonly Payload[]> | null) => void;
  readonly onAck: (what: Ack["what"]) => void;
  readonly onCancel: (cancel: Cancel) => void;
  readonly onRecall: (recall: Recall) => void;
  readonly onBeacon: () => void;
  /** The first word of a new owner, before what it says. */
  readonly onEpoch: (epoch: number) => void;
  /** The batch has been handled. */
  readonly onEnd: () => void;
}

interface Collected {
  readonly sinceMs: number;
  /** Items of aggregates. */
  readonly byModule: Map<number, Payload[]>;
  /** Results, by part. */
  readonly parts: Map<number, readonly ModuleResult[]>;
}

/** Hears the owner and nobody else: messages of a lower epoch are a former owner's, and ignored (E8). */
export class Inbox {
  readonly #handlers: InboxHandlers;
  readonly #collected = new Map<Lease, Collected>();
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
          this.#take(message);
          break;
        case "results":
        case "items":
          this.#collect(message, nowMs);
          break;
        case "ack":
          this.#handlers.onAck(message.what);
          break;
        case "cancel":
          this.#collected.delete(message.lease);
          this.#handlers.onCancel(message);
          break;
        case "recall":
          this.#handlers.onRecall(message);
          break;
        case "beacon":
          this.#handlers.onBeacon();
          break;
      }
    }
    this.#handlers.onEnd();
  }

  /** Forgets what belongs to a `run` that was lost. */
  sweep(nowMs: number): void {
    for (const [lease, { sinceMs }] of this.#collected) if (nowMs - sinceMs > KEPT_MS) this.#collected.delete(lease);
  }

  #collect(message: Items | Results, nowMs: number): void {
    const { lease } = message;
    const collected: Collected = this.#collected.get(lease) ?? {
      sinceMs: nowMs,
      byModule: new Map(),
      parts: new Map(),
    };
    this.#collected.set(lease, collected);
    if (message.type === "results") {
      collected.parts.set(message.part, message.results);
      return;
    }
    const list = collected.byModule.get(message.module) ?? [];
    collected.byModule.set(message.module, list);
    message.items.forEach((item, index) => {
      list[message.from + index] = item;
    });
  }

  #take(run: Run): void {
    const collected = this.#collected.get(run.lease);
    this.#collected.delete(run.lease);
    const results = resultsOf(run, collected);
    if (results === null) this.#handlers.onRun(run, null);
    else this.#handlers.onRun(results === run.results ? run : { ...run, results }, itemsOf(run, collected));
  }
}

/** @returns null when some were lost on the way. */
function resultsOf({ results, parts = 0 }: Run, collected: Collected | undefined): readonly ModuleResult[] | null {
  if (parts === 0) return results;
  const all = [...results];
  for (let part = 0; part < parts; part++) {
    const found = collected?.parts.get(part);
    if (found === undefined) return null;
    all.push(...found);
  }
  return all;
}

/** @returns null when some were lost on the way. */
function itemsOf(run: Run, collected: Collected | undefined): Map<number, readonly Payload[]> | null {
  const taken = new Map<number, readonly Payload[]>();
  for (const { module, count } of run.items) {
    const list = collected?.byModule.get(module) ?? [];
    // Holes of a sparse array do not count as own keys.
    if (list.length !== count || Object.keys(list).length !== count) return null;
    taken.set(module, list);
  }
  return taken;
}
