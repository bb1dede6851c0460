/**
 * Values on their way between processes: JSON, and beside it what JSON has no word for: bytes and typed arrays (as they lie in memory), dates,
 * maps, sets, big integers, errors, handles, references to shared objects, classes and functions. Everything else is refused with its place.
 *
 * What stands for something else is an object with the one key `$t`, its kind.
 */
import { openEnvelope, PayloadWriter, type PayloadReader } from "@troupe/protocol";
import { NotSendableError } from "./errors.ts";
import { viewNameOf, VIEWS, type ViewName } from "./views.ts";

const TAG = "$t";
/** Deeper values are looked at closely, so that a cycle is found. */
const PLAIN_DEPTH = 64;
const MAX_DEPTH = 1_000;

/** How what belongs to this package travels. */
export interface ValueHooks {
  /** The data of a handle, shared reference, class or function; undefined: it is none. @throws {NotSendableError} */
  dataOf(value: object): Tagged | undefined;
  /** What the data stands for here. */
  valueOf(tagged: Tagged): unknown;
}

export interface Tagged {
  readonly kind: "handle" | "shared" | "code";
  readonly data: unknown;
}

export function encodeValues(values: readonly unknown[], hooks: ValueHooks, what: string): Uint8Array {
  const writer = new PayloadWriter();
  if (values.every((value) => isPlain(value, 0))) return writer.seal(values);
  const encoder = new TreeEncoder(writer, hooks);
  return writer.seal(
    values.map((value, index) => encoder.tree(value, values.length === 1 ? what : `${what}[${index}]`, [])),
  );
}

export function decodeValues(data: Uint8Array, hooks: ValueHooks): unknown[] {
  const { messages, payloads } = openEnvelope(data);
  const values = revive(messages, { payloads, hooks });
  return Array.isArray(values) ? values : [];
}

/** True when JSON carries the value as it is. Most values pass here, at about the price of JSON.stringify. */
function isPlain(value: unknown, depth: number): boolean {
  if (typeof value === "object") return value === null || (depth < PLAIN_DEPTH && isPlainObject(value, depth));
  if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0);
  return typeof value === "string" || typeof value === "boolean";
}

function isPlainObject(value: object, depth: number): boolean {
  if (Array.isArray(value)) return value.every((item) => isPlain(item, depth + 1));
  const prototype: unknown = Object.getPrototypeOf(value);
  if ((prototype !== Object.prototype && prototype !== null) || TAG in value || "toJSON" in value) return false;
  if (Object.getOwnPropertySymbols(value).length > 0) return false; // a handle is known by one
  for (const key in value) {
    const item: unknown = Reflect.get(value, key);
    if (item !== undefined && !isPlain(item, depth + 1)) return false;
  }
  return true;
}

class TreeEncoder {
  readonly #writer: PayloadWriter;
  readonly #hooks: ValueHooks;

  constructor(writer: PayloadWriter, hooks: ValueHooks) {
    this.#writer = writer;
    this.#hooks = hooks;
  }

  tree(value: unknown, path: string, above: readonly object[]): unknown {
    switch (typeof value) {
      case "object":
        return value === null ? null : this.#object(value, path, above);
      case "function":
        return this.#own(value);
      case "bigint":
        return { [TAG]: "bigint", v: String(value) };
      case "undefined":
        return { [TAG]: "undefined" };
      case "symbol":
        return refuse(path, "a symbol");
      case "number":
        return numberTree(value);
      case "string":
      case "boolean":
        return value;
    }
  }

  #own(value: object): unknown {
    const tagged = this.#hooks.dataOf(value);
    return tagged === undefined ? undefined : { [TAG]: tagged.kind, v: tagged.data };
  }

  #object(value: object, path: string, above: readonly object[]): unknown {
    if (above.includes(value)) return refuse(path, "a reference to an object that contains it");
    if (above.length > MAX_DEPTH) return refuse(path, "nested too deeply");
    const known = this.#own(value) ?? this.#binary(value) ?? this.#builtin(value, path, [...above, value]);
    if (known !== undefined) return known;
    const inside = [...above, value];
    if (Array.isArray(value)) return value.map((item: unknown, index) => this.tree(item, `${path}[${index}]`, inside));
    const entries = Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]): [string, unknown] => [key, this.tree(item, `${path}.${key}`, inside)]);
    const plain = Object.fromEntries(entries);
    return TAG in plain ? { [TAG]: "object", v: plain } : plain;
  }

  #binary(value: object): unknown {
    if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer)
      return {
        [TAG]: "bytes",
        k: "ArrayBuffer",
        v: this.#writer.add({ kind: "binary", bytes: new Uint8Array(value) }),
      };
    if (!ArrayBuffer.isView(value)) return undefined;
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    const kind = viewNameOf(value) ?? "DataView";
    return { [TAG]: "bytes", k: kind, v: this.#writer.add({ kind: "binary", bytes }) };
  }

  #builtin(value: object, path: string, inside: readonly object[]): unknown {
    if (value instanceof Date) return { [TAG]: "date", v: value.getTime() };
    if (value instanceof Map)
      return { [TAG]: "map", v: [...value].map((entry) => this.tree(entry, `${path} (an entry of the map)`, inside)) };
    if (value instanceof Set)
      return { [TAG]: "set", v: [...value].map((item) => this.tree(item, `${path} (an item of the set)`, inside)) };
    if (value instanceof Error) return { [TAG]: "error", v: errorData(value) };
    if (value instanceof Promise) return refuse(path, "a promise: await it first");
    if ("toJSON" in value && typeof value.toJSON === "function")
      return this.tree(Reflect.apply(value.toJSON, value, [""]), path, inside);
    return isPlainPrototype(value)
      ? undefined
      : refuse(
          path,
          `an instance of ${nameOfClass(value)}: send its data as a plain object, or give the class a toJSON`,
        );
  }
}

function numberTree(value: number): unknown {
  if (Object.is(value, -0)) return { [TAG]: "number", v: "-0" };
  return Number.isFinite(value) ? value : { [TAG]: "number", v: String(value) };
}

function isPlainPrototype(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || Array.isArray(value);
}

function nameOfClass(value: object): string {
  return typeof value.constructor === "function" && value.constructor.name !== "" ? value.constructor.name : "a class";
}

function refuse(path: string, what: string): never {
  throw new NotSendableError(`${path} is ${what}, which cannot travel to another process`);
}

export interface ErrorData {
  readonly name: string;
  readonly message: string;
  readonly stack: string | null;
  readonly code: string | null;
}

export function errorData(error: unknown): ErrorData {
  if (!(error instanceof Error)) return { name: "Error", message: textOf(error), stack: null, code: null };
  const code: unknown = Reflect.get(error, "code");
  return {
    name: error.name,
    message: error.message,
    stack: error.stack ?? null,
    code: typeof code === "string" ? code : null,
  };
}

function textOf(value: unknown): string {
  try {
    return typeof value === "string" ? value : JSON.stringify(value);
  } catch {
    return String(value);
  }
}

const BUILTIN_ERRORS = { Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError };

/** An error of the same name, message, code and stack; of the same class when the language has it. */
export function errorFrom({ name, message, stack, code }: ErrorData): Error {
  const known = Object.entries(BUILTIN_ERRORS).find(([builtin]) => builtin === name)?.[1] ?? Error;
  const error = new known(message);
  if (error.name !== name) Object.defineProperty(error, "name", { value: name, configurable: true, writable: true });
  if (stack !== null) error.stack = stack;
  if (code !== null) Reflect.set(error, "code", code);
  return error;
}

interface Reviving {
  readonly payloads: PayloadReader;
  readonly hooks: ValueHooks;
}

function revive(value: unknown, reviving: Reviving): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) value[index] = revive(item, reviving);
    return value;
  }
  if (TAG in value) return untag(value, reviving);
  for (const [key, item] of Object.entries(value)) {
    if (typeof item === "object" && item !== null) Reflect.set(value, key, revive(item, reviving));
  }
  return value;
}

function untag(tagged: object, reviving: Reviving): unknown {
  const inner: unknown = Reflect.get(tagged, "v");
  const kind: unknown = Reflect.get(tagged, TAG);
  switch (kind) {
    case "undefined":
      return undefined;
    case "bigint":
      return BigInt(String(inner));
    case "number":
      return Number(inner);
    case "date":
      return new Date(Number(inner));
    case "bytes":
      return bytesFrom(String(Reflect.get(tagged, "k")), inner, reviving);
    case "map":
      return new Map(revive(inner, reviving) as [unknown, unknown][]);
    case "set":
      return new Set(revive(inner, reviving) as unknown[]);
    case "error":
      return errorFrom(inner as ErrorData);
    case "object":
      return reviveEntries(inner, reviving);
    case "handle":
    case "shared":
    case "code":
      return reviving.hooks.valueOf({ kind, data: inner });
    default:
      throw new NotSendableError(`a value of the kind ${String(kind)} is not known here: another version has sent it`);
  }
}

function reviveEntries(value: unknown, reviving: Reviving): unknown {
  if (typeof value !== "object" || value === null) return value;
  for (const [key, item] of Object.entries(value)) Reflect.set(value, key, revive(item, reviving));
  return value;
}

function bytesFrom(kind: string, slot: unknown, { payloads }: Reviving): unknown {
  const payload = payloads.get(slot as { readonly b: number });
  if (!("bytes" in payload)) throw new NotSendableError("bytes are missing from a value");
  // Memory of their own, and so at its beginning: eight-byte numbers cannot begin anywhere.
  const { buffer } = new Uint8Array(payload.bytes);
  if (kind === "ArrayBuffer") return buffer;
  if (kind === "DataView") return new DataView(buffer);
  const View = kind in VIEWS ? VIEWS[kind as ViewName] : Uint8Array;
  return new View(buffer);
}
