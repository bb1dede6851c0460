import { Aggregate, Module, type ProcessContext, type RunContext } from "@troupe/sdk";

/** Counts the words of one text. */
export class CountWords extends Module {
  static override type = "count-words";

  override run({ input }: RunContext): number {
    return typeof input === "string" ? input.split(/\s+/).filter((word) => word !== "").length : 0;
  }
}

/** Keeps what {@link CountWords} found for every job, and adds it up when it is asked to process. */
export class Total extends Aggregate {
  static override type = "total";

  override process({ items }: ProcessContext<number>): { texts: number; words: number } {
    return { texts: items.length, words: items.reduce((sum, count) => sum + count, 0) };
  }
}

/** What follows an aggregate runs once for each `process`, and not for each job. */
export class Sentence extends Module {
  static override type = "sentence";

  override run({ results }: RunContext): string {
    const { texts, words } = results.get<{ texts: number; words: number }>("total");
    return `${words} words in ${texts} texts`;
  }
}
