/** What `--input` and `--jobs` ask for. */
import { readFile } from "node:fs/promises";
import { text as textOf } from "node:stream/consumers";
import { CommandError } from "../command-error.ts";
import { parseJson } from "./parse-json.ts";

/** Files that hold one job a line. */
const LINES = /\.(ndjson|jsonl)$/i;

/**
 * The inputs of all jobs, in order: each `--input` is one, except for `.ndjson` and `.jsonl` files and `@-` (standard input),
 * which hold one a line. `--jobs N` means N jobs with the one input given, or null.
 */
export async function readInputs(given: readonly string[], jobs: number | undefined): Promise<unknown[] | undefined> {
  if (given.length === 0) return jobs === undefined ? undefined : new Array<null>(jobs).fill(null);
  const inputs = (await Promise.all(given.map(readOne))).flat();
  if (jobs === undefined) return inputs;
  if (inputs.length !== 1) {
    throw new CommandError("Usage", `--jobs ${jobs} with ${inputs.length} inputs`, {
      hint: "Give --jobs alone, or with one --input that all jobs get.",
    });
  }
  return Array.from({ length: jobs }, () => inputs[0]);
}

async function readOne(given: string): Promise<unknown[]> {
  if (!given.startsWith("@")) return [parseJson(given, "--input")];
  const file = given.slice(1);
  const text = file === "-" ? await textOf(process.stdin) : await readText(file, "--input");
  return file === "-" || LINES.test(file) ? parseLines(text, given) : [parseJson(text, `--input ${given}`)];
}

function parseLines(text: string, given: string): unknown[] {
  return text
    .split("\n")
    .flatMap((line, index) => (line.trim() === "" ? [] : [parseJson(line, `line ${index + 1} of --input ${given}`)]));
}

/** `--context`: JSON, or `@FILE` with JSON. */
export async function readContext(given: string | undefined): Promise<unknown> {
  if (given === undefined) return undefined;
  if (!given.startsWith("@")) return parseJson(given, "--context");
  return parseJson(await readText(given.slice(1), "--context"), `--context ${given}`);
}

/** A text file that an option names. */
export async function readText(file: string, option: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw fileError(file, option, error);
  }
}

export function fileError(file: string, option: string, error: unknown): CommandError {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  const named = option === "" ? file : `${option}: ${file}`;
  if (code === "ENOENT")
    return new CommandError("NoSuchFile", `${named}: there is no such file`, {
      hint: `Check the path; it is looked up from ${process.cwd()}.`,
    });
  if (code === "EISDIR") return new CommandError("NoSuchFile", `${named} is a folder`, { hint: "Name a file in it." });
  const reason = error instanceof Error ? error.message : String(error);
  return new CommandError("UnreadableFile", `${named} cannot be read: ${reason}`, { hint: "Check its permissions." });
}
