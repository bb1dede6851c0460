import { compressedSize, densestParagraph } from "./density.ts";
import type { Document, Statistics, WordCount } from "./document.ts";
import { signatureOf } from "./signature.ts";
import { wordsOf } from "./split.ts";

const KEPT_WORDS = 50;
const KEPT_PHRASES = 10;
const SHORT_WORD = 3;

/** The hard work: tens of milliseconds for an ordinary file. */
export function statisticsOf({ paragraphs, bytes, sentences }: Document): Statistics {
  const words = wordsOf({ paragraphs });
  const counts = countsOf(words);
  return {
    words: words.length,
    distinctWords: counts.size,
    topWords: most(counts, KEPT_WORDS, (word) => word.length > SHORT_WORD),
    topPhrases: most(countsOf(phrases(words)), KEPT_PHRASES, () => true),
    readingEase: readingEase(words, sentences),
    compression: bytes === 0 ? 1 : rounded(compressedSize(paragraphs) / bytes),
    densest: densestParagraph(paragraphs),
    signature: signatureOf(words),
  };
}

function countsOf(words: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

/** Three words in a row. */
function phrases(words: readonly string[]): string[] {
  return words.slice(2).map((word, index) => `${words[index] ?? ""} ${words[index + 1] ?? ""} ${word}`);
}

/** By count, and by name where counts are equal: the same file always gives the same list. */
function most(counts: ReadonlyMap<string, number>, kept: number, isWanted: (word: string) => boolean): WordCount[] {
  const wanted = [...counts].filter(([word]) => isWanted(word));
  return wanted.toSorted(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1)).slice(0, kept);
}

function readingEase(words: readonly string[], sentences: number): number {
  if (words.length === 0 || sentences === 0) return 0;
  const syllables = words.reduce((sum, word) => sum + Math.max(1, word.match(/[aeiouyäöü]+/g)?.length ?? 0), 0);
  return rounded(206.835 - 1.015 * (words.length / sentences) - 84.6 * (syllables / words.length));
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
