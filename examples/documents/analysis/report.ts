import type { Findings, WordCount } from "./document.ts";
import { similarity } from "./signature.ts";

export interface Report {
  readonly files: number;
  readonly bytes: number;
  readonly words: number;
  readonly languages: readonly WordCount[];
  readonly topWords: readonly WordCount[];
  /** Pairs that share most of their text. */
  readonly similar: readonly Similar[];
  readonly table: readonly Row[];
}

export interface Similar {
  readonly a: string;
  readonly b: string;
  /** Between 0 and 1. */
  readonly similarity: number;
}

export type Row = Pick<
  Findings,
  "name" | "bytes" | "words" | "distinctWords" | "readingEase" | "compression" | "language" | "links"
>;

const KEPT_WORDS = 25;
const KEPT_PAIRS = 15;
const LEAST_SIMILARITY = 0.3;

/** The report over all files. The order of `all` does not matter. */
export function reportOf(all: readonly Findings[]): Report {
  const files = all.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return {
    files: files.length,
    bytes: sum(files.map(({ bytes }) => bytes)),
    words: sum(files.map(({ words }) => words)),
    languages: added(files.map(({ language }) => [language, 1])),
    topWords: added(files.flatMap(({ topWords }) => topWords)).slice(0, KEPT_WORDS),
    similar: similarPairs(files),
    table: files.map(({ name, bytes, words, distinctWords, readingEase, compression, language, links }) => {
      return { name, bytes, words, distinctWords, readingEase, compression, language, links };
    }),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, next) => total + next, 0);
}

function added(counts: readonly WordCount[]): WordCount[] {
  const totals = new Map<string, number>();
  for (const [word, count] of counts) totals.set(word, (totals.get(word) ?? 0) + count);
  return [...totals].toSorted(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1));
}

function similarPairs(files: readonly Findings[]): Similar[] {
  const pairs = files.flatMap((a, index) =>
    files.slice(index + 1).map((b) => ({ a: a.name, b: b.name, similarity: similarity(a.signature, b.signature) })),
  );
  return pairs
    .filter((pair) => pair.similarity >= LEAST_SIMILARITY)
    .toSorted((x, y) => y.similarity - x.similarity)
    .slice(0, KEPT_PAIRS);
}
