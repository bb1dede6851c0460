/** What is found out about one file. Everything here is plain JSON: it travels between groups. */
export interface Document {
  readonly name: string;
  readonly bytes: number;
  readonly sentences: number;
  /** Parts of the text between empty lines. */
  readonly paragraphs: readonly string[];
}

/** From the group that works hard. */
export interface Statistics {
  readonly words: number;
  readonly distinctWords: number;
  /** Words longer than three letters with how often they occur, the most frequent first. */
  readonly topWords: readonly WordCount[];
  readonly topPhrases: readonly WordCount[];
  /** Flesch reading ease: 0 is very hard, 100 very easy. */
  readonly readingEase: number;
  /** Bytes after compression, divided by bytes before. */
  readonly compression: number;
  /** The long paragraph that says most that the rest of the file does not say, by its first words; null when none is long. */
  readonly densest: string | null;
  /** A MinHash signature: the part of it that two files share estimates how much text they share. */
  readonly signature: readonly number[];
}

/** From the group that works lightly. */
export interface Outline {
  readonly language: string;
  readonly headings: readonly string[];
  readonly links: number;
  readonly sha256: string;
}

/** Both of them, as the merging group puts them together. */
export interface Findings extends Omit<Statistics, "words">, Outline {
  readonly name: string;
  readonly bytes: number;
  readonly words: number;
  readonly sentences: number;
}

export type WordCount = readonly [word: string, count: number];
