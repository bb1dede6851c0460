/** What a section of the benchmark is given, and what it gives back. */
import type { Figure } from "../report/figure.ts";
import type { Troupe } from "../system/bundle.ts";

export interface Context {
  readonly troupe: Troupe;
  readonly natsServer: string;
  readonly quick: boolean;
  /** What earlier sections of this run have measured, by id. */
  readonly measured: ReadonlyMap<string, Figure>;
  /** A line for whoever waits. */
  readonly say: (line: string) => void;
}

export interface Section {
  readonly name: string;
  readonly title: string;
  readonly run: (context: Context) => Promise<Figure[]>;
}

/** This machine lacks what a section needs. */
export class Skipped extends Error {
  override readonly name = "Skipped";
}
