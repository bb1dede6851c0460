/**
 * What a chunked map has done so far, in a file: a line that says which map it belongs to, then a line for every result. Each result is
 * written once, whatever their number; a line that a crash cut short is dropped, and its element is computed again.
 */
import { createHash } from "node:crypto";
import { open, readFile, rename, writeFile, type FileHandle } from "node:fs/promises";
import { deserialize, serialize } from "node:v8";
import { refOf } from "../actors/handle.ts";
import { sharedDataOf } from "../actors/shared.ts";
import { encodeValues, type ValueHooks } from "../actors/value-codec.ts";

/** A checkpoint was made by another function or for other parameters. Nothing of it was used or changed. */
export class CheckpointMismatchError extends Error {
  override readonly name = "CheckpointMismatchError";
  readonly code = "CheckpointMismatch";
  readonly path: string;

  constructor(path: string, what: string) {
    super(`${path} was written ${what}. Delete it to begin again, or name another file.`);
    this.path = path;
  }
}

/** What a checkpoint is bound to. */
export interface CheckpointKey {
  readonly functionName: string;
  /** The function's text, or the text of its module. */
  readonly body: string;
  readonly parameters: readonly unknown[];
}

interface Header {
  readonly format: "troupe-checkpoint-1";
  readonly function: string;
  readonly body: string;
  readonly parameters: string;
  readonly count: number;
}

export class Checkpoint implements AsyncDisposable {
  readonly #file: FileHandle;
  /** Results that were there, by index. */
  readonly done: ReadonlyMap<number, unknown>;
  #pending: string[] = [];
  #writing: Promise<void> | undefined;

  private constructor(file: FileHandle, done: ReadonlyMap<number, unknown>) {
    this.#file = file;
    this.done = done;
  }

  /** Opens or creates the file. @throws {CheckpointMismatchError} */
  static async open(path: string, key: CheckpointKey): Promise<Checkpoint> {
    const header = headerOf(key);
    const text = await readText(path);
    if (text === null) {
      // Whole or not at all: a file without its first line would be refused for ever.
      await writeFile(`${path}.new`, `${JSON.stringify(header)}\n`, { flush: true });
      await rename(`${path}.new`, path);
      return new Checkpoint(await open(path, "a"), new Map());
    }
    const end = text.lastIndexOf("\n") + 1;
    const [first = "", ...lines] = text.slice(0, end).split("\n");
    checkHeader(path, first, header);
    const file = await open(path, "r+");
    await file.truncate(Buffer.byteLength(text.slice(0, end)));
    await file.close();
    return new Checkpoint(await open(path, "a"), readLines(path, lines, header.count));
  }

  /** Resolves when the result is in the file. Results that come meanwhile are written together. */
  async add(index: number, value: unknown): Promise<void> {
    this.#pending.push(`${index} ${serialize(value).toString("base64")}\n`);
    this.#writing ??= this.#write();
    return this.#writing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.#writing;
      await this.#file.sync();
    } finally {
      await this.#file.close();
    }
  }

  async #write(): Promise<void> {
    // Whoever adds something in this turn of the event loop writes with us.
    await Promise.resolve();
    while (this.#pending.length > 0) {
      const lines = this.#pending.join("");
      this.#pending = [];
      await this.#file.appendFile(lines);
    }
    this.#writing = undefined;
  }
}

async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}

function headerOf({ functionName, body, parameters }: CheckpointKey): Header {
  return {
    format: "troupe-checkpoint-1",
    function: functionName,
    body: digest(Buffer.from(body)),
    parameters: digest(encodeValues(parameters, BY_KIND, "element")),
    count: parameters.length,
  };
}

/** What a handle or reference names lives in one run; the next one has others in their places. */
const BY_KIND: ValueHooks = {
  dataOf: (value) => {
    const handle = refOf(value);
    if (handle !== undefined) return { kind: "handle", data: handle.className };
    const shared = sharedDataOf(value);
    if (shared !== undefined) return { kind: "shared", data: shared.bytes };
    return typeof value === "function" ? { kind: "code", data: Function.prototype.toString.call(value) } : undefined;
  },
  valueOf: ({ data }) => data,
};

const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

function checkHeader(path: string, line: string, wanted: Header): void {
  const found = parseHeader(line);
  if (found === null) throw new CheckpointMismatchError(path, "by something else: its first line is no checkpoint's");
  if (found.function !== wanted.function)
    throw new CheckpointMismatchError(
      path,
      `by the function "${found.function}", and this one is "${wanted.function}"`,
    );
  if (found.body !== wanted.body)
    throw new CheckpointMismatchError(path, `before the body of "${wanted.function}" was changed`);
  if (found.parameters !== wanted.parameters || found.count !== wanted.count)
    throw new CheckpointMismatchError(path, `for other parameters (${found.count} of them, here are ${wanted.count})`);
}

function parseHeader(line: string): Header | null {
  try {
    const value: unknown = JSON.parse(line);
    return isHeader(value) ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function isHeader(value: unknown): value is Header {
  return typeof value === "object" && value !== null && "format" in value && value.format === "troupe-checkpoint-1";
}

function readLines(path: string, lines: readonly string[], count: number): Map<number, unknown> {
  const done = new Map<number, unknown>();
  for (const line of lines) {
    if (line === "") continue;
    const [index = "", encoded = ""] = line.split(" ");
    if (!/^\d+$/.test(index) || Number(index) >= count)
      throw new CheckpointMismatchError(path, `with a line that names no element: ${line.slice(0, 40)}`);
    done.set(Number(index), deserialize(Buffer.from(encoded, "base64")));
  }
  return done;
}
