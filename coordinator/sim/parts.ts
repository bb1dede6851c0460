/** What comes before a `run` in messages of its own: results, and the items of aggregates. */
import type { Items, Lease, Results, Run } from "@troupe/protocol";
import { numberOf } from "./tokens.ts";

export interface Assembled {
  readonly run: Run;
  readonly items: ReadonlyMap<number, readonly number[]>;
  /** Whether all of it was there. */
  readonly isComplete: boolean;
}

export class Parts {
  readonly #items = new Map<Lease, Map<number, number[]>>();
  readonly #results = new Map<Lease, Map<number, Results["results"]>>();

  add(message: Items | Results): void {
    if (message.type === "results") this.#addResults(message);
    else this.#addItems(message);
  }

  /** The run with what came before it, which is forgotten. */
  take(received: Run): Assembled {
    const { lease } = received;
    const items = this.#items.get(lease) ?? new Map<number, number[]>();
    const parts = this.#results.get(lease) ?? new Map<number, Results["results"]>();
    this.#items.delete(lease);
    this.#results.delete(lease);
    const run = { ...received, results: [...received.results, ...[...parts.values()].flat()] };
    const isComplete =
      parts.size === (received.parts ?? 0) &&
      received.items.every(({ module, count }) => Object.keys(items.get(module) ?? []).length === count);
    return { run, items, isComplete };
  }

  #addResults({ lease, part, results }: Results): void {
    const parts = this.#results.get(lease) ?? new Map<number, Results["results"]>();
    this.#results.set(lease, parts);
    parts.set(part, results);
  }

  #addItems({ lease, module, from, items }: Items): void {
    const collected = this.#items.get(lease) ?? new Map<number, number[]>();
    this.#items.set(lease, collected);
    const list = collected.get(module) ?? [];
    collected.set(module, list);
    items.forEach((item, index) => {
      list[from + index] = numberOf(item);
    });
  }
}
