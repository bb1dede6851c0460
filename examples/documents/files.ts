/** Which files are looked at. */
import { readdir, readFile, stat } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import type { FileInput } from "./modules/documents.ts";

const ROOT = resolve(import.meta.dirname, "../..");
/** Where the report goes. */
export const REPORT = join(ROOT, ".troupe", "documents");

const TEXT = /\.(md|markdown|txt|rst|adoc)$/i;
const OF_PACKAGES = /^(readme|changelog|history|security|contributing|migration)(\.(md|markdown|txt))?$/i;
/** Much the same everywhere: only to have enough. */
const LICENCE = /^licen[cs]e(\.(md|markdown|txt))?$/i;
const LEAST_BYTES = 500;
const MOST_BYTES = 40_000;
/** Enough to see what happens, and few enough to wait for. */
const MOST_FILES = 80;
const LEAST_FILES = 60;

/** The files that the user names (folders stand for all texts in them), else the documents around here. */
export async function filesFor(words: readonly string[]): Promise<FileInput[]> {
  if (words.length > 0) return named(words);
  const own = await textsIn(ROOT, (name) => TEXT.test(name));
  const foreign = await textsIn(join(ROOT, "node_modules"), (name) => OF_PACKAGES.test(name));
  const files = await distinct([...own, ...foreign], MOST_FILES);
  if (files.length < LEAST_FILES) {
    const licences = await textsIn(join(ROOT, "node_modules"), (name) => LICENCE.test(name));
    files.push(...(await distinct(licences, LEAST_FILES - files.length)));
  }
  return files.map((path) => ({ name: relative(ROOT, path), path }));
}

async function named(words: readonly string[]): Promise<FileInput[]> {
  const files: string[] = [];
  for (const word of words) {
    const path = resolve(word);
    const found = await stat(path).catch(() => null);
    if (found === null) throw new Error(`${word}: there is no such file or folder`);
    if (found.isDirectory()) files.push(...(await textsIn(path, (name) => TEXT.test(name))));
    else files.push(path);
  }
  if (files.length === 0) throw new Error(`${words.join(", ")}: no texts in there (.md, .txt, .rst, .adoc)`);
  return [...new Set(files)].map((path) => ({ name: relative(process.cwd(), path), path }));
}

/** All wanted files below a folder, by name. What others installed below it is not ours to look at. */
async function textsIn(folder: string, isWanted: (name: string) => boolean): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const found = await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory())
        return entry.name.startsWith(".") || entry.name === "node_modules" || path === REPORT
          ? []
          : textsIn(path, isWanted);
      return entry.isFile() && isWanted(entry.name) ? [path] : [];
    }),
  );
  return found.flat().toSorted();
}

/** Packages share licences word for word: each text once. At most `most`, of every folder some. */
async function distinct(paths: readonly string[], most: number): Promise<string[]> {
  const seen = new Set<string>();
  const kept: string[] = [];
  for (const path of inTurns(paths)) {
    if (kept.length === most) break;
    const { size } = await stat(path);
    if (size < LEAST_BYTES || size > MOST_BYTES) continue;
    const text = await readFile(path, "utf8");
    if (seen.has(text)) continue;
    seen.add(text);
    kept.push(path);
  }
  return kept.toSorted();
}

/** The first file of every folder, then the second of every folder, and so on. */
function inTurns(paths: readonly string[]): string[] {
  const folders = [...Map.groupBy(paths, (path) => dirname(path)).values()];
  const longest = Math.max(0, ...folders.map((files) => files.length));
  return Array.from({ length: longest }, (_, turn) => folders.flatMap((files) => files[turn] ?? [])).flat();
}
