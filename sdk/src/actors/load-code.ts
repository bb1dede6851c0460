/** Classes and functions from other processes, as they are here. */
import type { CodeRef } from "@troupe/protocol";
import { Script, constants } from "node:vm";
import { asExpression, digestOf, remember } from "./code.ts";
import { NotSendableError } from "./errors.ts";
import { moduleUrl } from "./module-place.ts";

export class CodeLoader {
  readonly #loaded = new Map<string, unknown>();
  readonly #folders: readonly string[];

  /** @param folders of the group's modules, in a replica of a cluster. Default: files lie where the caller has them. */
  constructor(folders: readonly string[] = []) {
    this.#folders = folders;
  }

  /** What was loaded before; undefined: nothing. */
  known(ref: CodeRef): unknown {
    return this.#loaded.get(keyOf(ref));
  }

  /** @throws what loading its file throws. @throws {NotSendableError} when it is not what was sent. */
  async load(ref: CodeRef): Promise<unknown> {
    const known = this.known(ref);
    if (known !== undefined) return known;
    const code = await this.#find(ref);
    if (typeof code !== "function") throw new NotSendableError(`${placeOf(ref)} is no class or function`);
    remember(code, ref);
    this.#loaded.set(keyOf(ref), code);
    return code;
  }

  async #find(ref: CodeRef): Promise<unknown> {
    switch (ref.kind) {
      case "source":
        return fromSource(ref);
      case "sdk":
        return fromModule(ref, "@troupe/sdk");
      case "module":
        return this.#findModule(ref);
    }
  }

  /** The file counts; what came along only where there is no such file, or another one. */
  async #findModule(ref: ModuleRef): Promise<unknown> {
    const url = moduleUrl(ref.url, this.#folders);
    const { source, name } = ref;
    if (url === null) {
      if (source === undefined) throw missing(ref, this.#folders);
      return fromSource({ kind: "source", source, name });
    }
    try {
      const code = await fromModule(ref, url);
      if (typeof code === "function") checkDigest(ref, code);
      return code;
    } catch (error) {
      if (source === undefined || !(error instanceof NotSendableError)) throw error;
      return fromSource({ kind: "source", source, name });
    }
  }
}

type ModuleRef = Extract<CodeRef, { kind: "module" }>;

function missing(ref: ModuleRef, folders: readonly string[]): NotSendableError {
  return new NotSendableError(
    `${placeOf(ref)} uses what stands around it in its file, and this group has no such file in ${folders.join(", ")}. ` +
      "Name the file in the Group's source (spec.source: a ConfigMap or an image); or write it so that it needs nothing else of its file",
  );
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

async function fromModule(ref: Exclude<CodeRef, { kind: "source" }>, url: string): Promise<unknown> {
  const exported: unknown = await import(url);
  const code: unknown = typeof exported === "object" && exported !== null ? Reflect.get(exported, ref.name) : undefined;
  if (code === undefined) throw new NotSendableError(`${placeOf(ref)} is not there: its file no longer exports it`);
  return code;
}

/** Two versions of one class would be two truths. */
function checkDigest(ref: ModuleRef, code: object): void {
  if (digestOf(Function.prototype.toString.call(code)) === ref.digest) return;
  throw new NotSendableError(
    `${placeOf(ref)} is not what was sent: the file has changed since the program loaded it, or two things have this name; ` +
      "on a cluster, the Group's source has another version of it",
  );
}
