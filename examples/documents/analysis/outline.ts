import { createHash } from "node:crypto";
import type { Document, Outline } from "./document.ts";
import { wordsOf } from "./split.ts";

const COMMON_WORDS: Readonly<Record<string, readonly string[]>> = {
  English: ["the", "and", "of", "to", "is", "in", "for", "with", "this", "that"],
  German: ["der", "die", "und", "das", "ist", "nicht", "mit", "ein", "für", "auf"],
  French: ["le", "la", "les", "et", "des", "est", "une", "pour", "dans", "que"],
  Spanish: ["el", "los", "las", "una", "que", "para", "con", "por", "del", "es"],
};

/** What can be seen at a glance. */
export function outlineOf(document: Document): Outline {
  const words = wordsOf(document);
  const text = document.paragraphs.join("\n\n");
  return {
    language: languageOf(words),
    headings: [...text.matchAll(/^#{1,3}\s+(.+?)\s*#*$/gm)].slice(0, 20).map(([, heading = ""]) => heading),
    links: text.match(/https?:\/\/[^\s)>\]]+/g)?.length ?? 0,
    sha256: createHash("sha256").update(text).digest("hex"),
  };
}

function languageOf(words: readonly string[]): string {
  const scores = Object.entries(COMMON_WORDS).map(([language, common]) => {
    return { language, score: words.filter((word) => common.includes(word)).length };
  });
  const [best] = scores.toSorted((a, b) => b.score - a.score);
  return best === undefined || best.score === 0 ? "unknown" : best.language;
}
