/** Classes and functions from other processes, as they are here. */
import type { CodeRef } from "@troupe/protocol";
import { Script, constants } from "node:vm";
import { asExpression, digestOf, remember } from "./code.ts";
import { NotSendableError } from "./errors.ts";

export class CodeLoader {
  readonly #loaded = new Map<string, unknown>();

  /** What was loaded before; undefined: nothing. */
  known(ref: CodeRef): unknown {
    return this.#loaded.get(keyOf(ref));
  }

  /** @throws what loading its file throws. @throws {NotSendableError} when it is not what was sent. */
  async load(ref: CodeRef): Promise<unknown> {
    const known = this.known(ref);
    if (known !== undefined) return known;
    const code = ref.kind === "source" ? fromSource(ref) : await fromModule(ref);
    if (typeof code !== "function") throw new NotSendableError(`${placeOf(ref)} is no class or function`);
    remember(code, ref);
    this.#loaded.set(keyOf(ref), code);
    return code;
  }
}

function keyOf(ref: CodeRef): string {
  switch (ref.kind) {
    case "module":
      return `module ${ref.url} ${ref.name} ${ref.digest}`;
    case "sdk":
      return `sdk ${ref.name}`;
    case "source":
      return `source ${ref.name} ${ref.source}`;
  }
}

function placeOf(ref: CodeRef): string {
  return ref.kind === "module" ? `"${ref.name}" of ${ref.url}` : `"${ref.name}"`;
}

function fromSource({ source, name }: Extract<CodeRef, { kind: "source" }>): unknown {
  const expression = asExpression(source);
  if (expression === null) throw new NotSendableError(`"${name}" has no source`);
  // Dynamic imports in it are those of any program.
  const importModuleDynamically = constants.USE_MAIN_CONTEXT_DEFAULT_LOADER;
  return new Script(`(${expression})`, { filename: `troupe:${name}`, importModuleDynamically }).runInThisContext();
}

async function fromModule(ref: Exclude<CodeRef, { kind: "source" }>): Promise<unknown> {
  const exported: unknown = await import(ref.kind === "sdk" ? "@troupe/sdk" : ref.url);
  const code: unknown = typeof exported === "object" && exported !== null ? Reflect.get(exported, ref.name) : undefined;
  if (code === undefined) throw new NotSendableError(`${placeOf(ref)} is not there: its file no longer exports it`);
  if (ref.kind === "module" && typeof code === "function") checkDigest(ref, code);
  return code;
}

/** Two versions of one class would be two truths. */
function checkDigest(ref: Extract<CodeRef, { kind: "module" }>, code: object): void {
  if (digestOf(Function.prototype.toString.call(code)) === ref.digest) return;
  throw new NotSendableError(
    `${placeOf(ref)} is not what was sent: the file has changed since the program loaded it, or two things have this name`,
  );
}
