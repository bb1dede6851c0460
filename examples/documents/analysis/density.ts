import { brotliCompressSync, constants } from "node:zlib";

/** Paragraphs that are looked at: the longest ones. */
const MOST_PARAGRAPHS = 5;
const LEAST_LENGTH = 80;
const SHOWN = 60;

/** The best that Brotli can do, which is also the slowest. */
export function compressedSize(paragraphs: readonly string[]): number {
  return brotliCompressSync(paragraphs.join("\n\n"), {
    params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY },
  }).byteLength;
}

/**
 * The paragraph that adds most to the compressed file for its length: the one that repeats least of the others. The file is
 * compressed once more for every paragraph that is looked at.
 */
export function densestParagraph(paragraphs: readonly string[]): string | null {
  const whole = compressedSize(paragraphs);
  const long = paragraphs.filter(({ length }) => length >= LEAST_LENGTH).toSorted((a, b) => b.length - a.length);
  const [densest] = long
    .slice(0, MOST_PARAGRAPHS)
    .map((paragraph) => ({
      paragraph,
      density: (whole - compressedSize(paragraphs.filter((other) => other !== paragraph))) / paragraph.length,
    }))
    .toSorted((a, b) => b.density - a.density);
  return densest === undefined ? null : densest.paragraph.replaceAll(/\s+/g, " ").trim().slice(0, SHOWN);
}
