import type { Problem } from "@troupe/model";
import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";

export const MISTAKES = resolve(import.meta.dirname, "../fixtures/mistakes");

/** A file with something wrong in it, and what its head says that is said of it. */
export interface Mistake {
  readonly file: string;
  /** What `troupe validate` calls it. */
  readonly code: string;
  /** All that it says of it: place, what is wrong, and the cure. */
  readonly words: string;
  /** What kubectl says, from the place on; null: it takes it. */
  readonly refusal: string | null;
}

const HEAD = /^# troupe validate: (\w+)\n# {3}(.+)\n# kubectl apply: (.+)\n/;
const TAKES_IT = "takes it";

export async function readMistakes(): Promise<Mistake[]> {
  const files = (await readdir(MISTAKES)).toSorted();
  return Promise.all(files.map(async (name) => readMistake(join(MISTAKES, name))));
}

async function readMistake(file: string): Promise<Mistake> {
  const [, code, words, said] = HEAD.exec(await readFile(file, "utf8")) ?? [];
  if (code === undefined || words === undefined || said === undefined)
    throw new Error(`${file} does not say in its head what is to be said`);
  return { file, code, words, refusal: said === TAKES_IT ? null : said };
}

/** A problem as the head of a file says it. */
export function wordsOf({ path, message, hint }: Problem): string {
  return `${path === "" ? "" : `${path}: `}${message} ${hint}`;
}
