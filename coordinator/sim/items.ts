/** The independent reader's account of aggregates: every item is in exactly one successful `process`. */
import { Violation } from "./violation.ts";

interface Item {
  readonly token: number;
  claimedBy: string | null;
}

export class Items {
  readonly #kept = new Map<string, Item[]>();

  keep(aggregate: string, token: number): void {
    const items = this.#of(aggregate);
    if (items.some((item) => item.token === token))
      throw new Violation("aggregates", `item ${token} of ${aggregate} is kept twice`);
    items.push({ token, claimedBy: null });
  }

  claim(aggregates: readonly string[], job: string): void {
    for (const name of aggregates) for (const item of this.#of(name)) item.claimedBy ??= job;
  }

  release(job: string): void {
    for (const items of this.#kept.values())
      for (const item of items) if (item.claimedBy === job) item.claimedBy = null;
  }

  /** A `process` has succeeded with this set. */
  consume(aggregate: string, job: string, used: readonly number[]): void {
    const items = this.#of(aggregate);
    const claimed = items.filter(({ claimedBy }) => claimedBy === job).map(({ token }) => token);
    if (claimed.length !== used.length || claimed.some((token, index) => token !== used[index])) {
      throw new Violation(
        "aggregates",
        `${job} processed [${used.join()}] of ${aggregate}, but its set is [${claimed.join()}]`,
      );
    }
    this.#kept.set(
      aggregate,
      items.filter(({ claimedBy }) => claimedBy !== job),
    );
  }

  claimedBy(aggregate: string, job: string): number[] {
    return this.#of(aggregate).flatMap(({ token, claimedBy }) => (claimedBy === job ? [token] : []));
  }

  #of(aggregate: string): Item[] {
    let items = this.#kept.get(aggregate);
    if (items === undefined) {
      items = [];
      this.#kept.set(aggregate, items);
    }
    return items;
  }
}
