import type { Document } from "./document.ts";

/** Cuts a text into paragraphs. */
export function split(name: string, text: string): Document {
  const paragraphs = text.split(/\n\s*\n/).filter((paragraph) => paragraph.trim() !== "");
  const sentences = paragraphs
    .flatMap((paragraph) => paragraph.split(/[.!?]+\s/))
    .filter((sentence) => /\p{L}/u.test(sentence)).length;
  return { name, bytes: Buffer.byteLength(text), sentences, paragraphs };
}

/** Words in small letters, in the order of the text. */
export function wordsOf({ paragraphs }: Pick<Document, "paragraphs">): string[] {
  return paragraphs.flatMap((paragraph) => paragraph.toLowerCase().match(/\p{L}[\p{L}'’-]*/gu) ?? []);
}
