import { randomOf } from "../../../model/src/graph/random-graph.ts";

/** Chance that a seed repeats. */
export class Dice {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = randomOf(seed);
  }

  /** Whether something of this probability happens. */
  chance(probability: number): boolean {
    return this.#random() < probability;
  }

  /** A whole number, both ends included. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.#random() * (most - least + 1));
  }

  fraction(): number {
    return this.#random();
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.whole(0, items.length - 1)];
    if (item === undefined) throw new Error("there is nothing to pick from");
    return item;
  }

  /** Up to so many different items. */
  some<T>(items: readonly T[], most: number): T[] {
    return this.shuffled(items).slice(0, this.whole(0, Math.min(most, items.length)));
  }

  shuffled<T>(items: readonly T[]): T[] {
    return items
      .map((item) => ({ item, at: this.#random() }))
      .toSorted((a, b) => a.at - b.at)
      .map(({ item }) => item);
  }

  /** A field, or with the rest of the probability no field. */
  maybe<T>(probability: number, field: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
    return this.chance(probability) ? field : {};
  }
}
