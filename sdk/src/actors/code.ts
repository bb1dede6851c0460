/** How a class or function travels: by the name under which its file exports it, else as its source. */
import type { CodeRef } from "@troupe/protocol";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { NotSendableError } from "./errors.ts";
import { freeVariables } from "./free-variables.ts";
import { locate, type Location } from "./locate.ts";

type Code = (...args: never[]) => unknown;

const refs = new WeakMap<object, CodeRef>();

const portable = new WeakMap<object, CodeRef>();

/** Remembers where a class or function came from, so that it can travel on. */
export function remember(code: object, ref: CodeRef): void {
  refs.set(code, ref);
}

/** @throws {NotSendableError} when it uses something from around it that cannot come along. */
export function codeRefOf(code: Code | (new (...args: never[]) => object)): CodeRef {
  const known = refs.get(code);
  if (known !== undefined) return known;
  const ref = makeRef(code);
  refs.set(code, ref);
  return ref;
}

/** As {@link codeRefOf}, for replicas of other machines: what needs nothing else of its file goes with its source, if they have no such file. */
export function portableRefOf(code: Code | (new (...args: never[]) => object)): CodeRef {
  const ref = codeRefOf(code);
  if (ref.kind !== "module") return ref;
  const known = portable.get(code);
  if (known !== undefined) return known;
  const source = Function.prototype.toString.call(code);
  const made = unresolvable(source, locate(code)).length === 0 ? { ...ref, source } : ref;
  portable.set(code, made);
  return made;
}

export function digestOf(source: string): string {
  return createHash("sha256").update(source).digest("base64url").slice(0, 22);
}

function makeRef(code: object): CodeRef {
  const source = Function.prototype.toString.call(code);
  const name: unknown = Reflect.get(code, "name");
  const location = locate(code);
  const exported = location === null ? null : exportedName(location, String(name));
  const isMain = location !== null && isProgram(location.url);
  const free = isMain || exported === null ? unresolvable(source, location) : [];
  if (exported !== null && location !== null && (!isMain || free.length > 0))
    return { kind: "module", url: location.url, name: exported, digest: digestOf(source) };
  if (free.length > 0) throw closure(String(name), free, location);
  return { kind: "source", source, name: String(name) };
}

/** The file that was started: importing it elsewhere would run the program again, so what stands for itself is sent as source. */
function isProgram(url: string): boolean {
  const [, program] = process.argv;
  return program !== undefined && url === pathToFileURL(program).href;
}

/** The name under which the file exports it; null: not at all. */
function exportedName({ url, isTopLevel }: Location, name: string): string | null {
  if (!isTopLevel || name === "") return null;
  const text = readFileSync(fileURLToPath(url), "utf8");
  const quoted = name.replaceAll("$", "\\$");
  const declared = new RegExp(
    `^export\\s+(?:abstract\\s+|async\\s+)?(?:class|function\\*?|const|let)\\s+${quoted}\\b`,
    "m",
  );
  const listed = new RegExp(`^export\\s*\\{[^}]*(?:^|[\\s,{])${quoted}\\s*[,}]`, "m");
  if (declared.test(text) || listed.test(text)) return name;
  return new RegExp(`^export\\s+default\\s+(?:class|(?:async\\s+)?function\\*?)\\s+${quoted}\\b`, "m").test(text)
    ? "default"
    : null;
}

/** What the source uses and nobody would know there. */
function unresolvable(source: string, location: Location | null): string[] {
  const expression = asExpression(source);
  if (expression === null)
    throw new NotSendableError(`${firstLine(source)} is native code, which cannot travel to another process`);
  const around = new Set(location?.around);
  return [...freeVariables(expression)].filter(
    (name) => around.has(name) || !(name in globalThis || AMBIENT.has(name)),
  );
}

/** What every module has without being a property of the global object. */
const AMBIENT = new Set(["undefined", "NaN", "Infinity", "globalThis"]);

/** A method's source, `name() { … }`, is no expression; within an object it is. */
export function asExpression(source: string): string | null {
  if (/\{\s*\[native code\]\s*\}\s*$/.test(source)) return null;
  if (/^(class\b|function\b|async\s+function\b|async\s*\(|\(|[\w$]+\s*=>|async\s+[\w$]+\s*=>)/.test(source))
    return source;
  return `Object.values({ ${source} })[0]`;
}

function closure(name: string, free: readonly string[], location: Location | null): NotSendableError {
  const what = name === "" ? "This function" : `"${name}"`;
  const where = location === null ? "" : ` (${fileURLToPath(location.url)}:${location.line + 1})`;
  const names = free.map((each) => `"${each}"`).join(", ");
  return new NotSendableError(
    `${what}${where} runs in another process, and uses ${names} from around it, which would not be there. ` +
      "Export it from its file, so that it is imported there with all that the file declares; or pass what it needs as arguments.",
  );
}

function firstLine(source: string): string {
  return source.split("\n", 1)[0] ?? "";
}
