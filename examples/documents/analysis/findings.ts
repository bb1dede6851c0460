import type { Document, Findings, Outline, Statistics } from "./document.ts";
import { outlineOf } from "./outline.ts";
import { split } from "./split.ts";
import { statisticsOf } from "./statistics.ts";

/** Puts together what two groups found out about one file. */
export function merged(
  { name, bytes, sentences }: Pick<Document, "name" | "bytes" | "sentences">,
  statistics: Statistics,
  outline: Outline,
): Findings {
  return { name, bytes, sentences, ...statistics, ...outline };
}

/** The whole way of one file in one process, to compare with. */
export function findingsOf(name: string, text: string): Findings {
  const document = split(name, text);
  return merged(document, statisticsOf(document), outlineOf(document));
}
