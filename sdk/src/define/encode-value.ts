import { ResultNotEncodable } from "./errors.ts";

/** A value as it travels: JSON text, or bytes. */
export type EncodedValue =
  { readonly kind: "json"; readonly text: string } | { readonly kind: "binary"; readonly bytes: Uint8Array };

const NULL: EncodedValue = { kind: "json", text: "null" };

/** Beyond this depth the look for faults follows its own path, so that a cycle is named and not counted. */
const PLAIN_DEPTH = 200;

/**
 * Encodes a result or an input. Bytes are copied, so that what their maker does to them later changes nothing.
 *
 * Like JSON it drops `undefined` in objects and writes dates as strings; unlike JSON it refuses what would silently become
 * something else: BigInt, functions, Map, Set, NaN, bytes inside an object.
 * @param what names the value in errors.
 * @throws {ResultNotEncodable} saying where in the value.
 */
export function encodeValue(value: unknown, what = "result"): EncodedValue {
  if (value === undefined || value === null) return NULL;
  if (typeof value === "string" || typeof value === "boolean") return { kind: "json", text: JSON.stringify(value) };
  const bytes = bytesOf(value);
  if (bytes !== null) return { kind: "binary", bytes };
  if (!isPlain(value, 0)) {
    const fault = findFault(value, what, []);
    if (fault !== null) throw fault;
  }
  return { kind: "json", text: stringify(value, what) };
}

/**
 * The value that an encoded one stands for.
 * @param readers `one`: nobody decodes it again, so that its bytes need no copy of the caller's own
 */
export function decodeValue(encoded: EncodedValue, readers: "one" | "many" = "many"): unknown {
  if (encoded.kind === "json") return JSON.parse(encoded.text);
  return readers === "one" ? encoded.bytes : encoded.bytes.slice();
}

function stringify(value: unknown, what: string): string {
  try {
    // A toJSON of the value itself may return undefined, which has no text.
    const text: unknown = JSON.stringify(value);
    return typeof text === "string" ? text : "null";
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new ResultNotEncodable(what, "not encodable as JSON", message);
  }
}

function bytesOf(value: unknown): Uint8Array | null {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice();
  if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) return new Uint8Array(value).slice();
  return null;
}

/** True when nothing in the value needs a closer look. Most values pass here, at about the price of JSON.stringify. */
function isPlain(value: unknown, depth: number): boolean {
  if (typeof value === "object") return value === null || (depth < PLAIN_DEPTH && isPlainObject(value, depth));
  if (typeof value === "number") return Number.isFinite(value);
  return typeof value === "string" || typeof value === "boolean" || value === undefined;
}

function isPlainObject(value: object, depth: number): boolean {
  if (Array.isArray(value)) return value.every((item) => isPlain(item, depth + 1));
  const prototype: unknown = Object.getPrototypeOf(value);
  if ((prototype !== Object.prototype && prototype !== null) || "toJSON" in value) return false;
  for (const key in value) if (!isPlain(Reflect.get(value, key), depth + 1)) return false;
  return true;
}

function findFault(value: unknown, path: string, above: readonly object[]): ResultNotEncodable | null {
  if (typeof value !== "object" || value === null) return faultOfPrimitive(value, path);
  if (above.includes(value)) {
    return new ResultNotEncodable(
      path,
      "a reference to an object that contains it",
      "return a copy without the cycle.",
    );
  }
  const refused = refusedObject(value);
  if (refused !== null) return new ResultNotEncodable(path, refused[0], refused[1]);
  if ("toJSON" in value && typeof value.toJSON === "function") {
    const replaced: unknown = Reflect.apply(value.toJSON, value, [""]);
    return replaced === value ? null : findFault(replaced, path, [...above, value]);
  }
  return findFaultInside(value, path, [...above, value]);
}

function findFaultInside(value: object, path: string, above: readonly object[]): ResultNotEncodable | null {
  for (const [key, item] of Object.entries(value)) {
    const place = Array.isArray(value) ? `${path}[${key}]` : `${path}${propertyPath(key)}`;
    const fault: ResultNotEncodable | null = findFault(item, place, above);
    if (fault !== null) return fault;
  }
  return null;
}

function propertyPath(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

function faultOfPrimitive(value: unknown, path: string): ResultNotEncodable | null {
  if (typeof value === "bigint") {
    return new ResultNotEncodable(path, "a BigInt", "return it as a string, or as a number if it is small enough.");
  }
  if (typeof value === "function") {
    return new ResultNotEncodable(path, "a function", "call it and return what it gives, or leave it out.");
  }
  if (typeof value === "symbol") return new ResultNotEncodable(path, "a symbol", "return its description as a string.");
  if (typeof value === "number" && !Number.isFinite(value)) {
    return new ResultNotEncodable(path, String(value), "JSON has no such number; return null or a string instead.");
  }
  return null;
}

/** What JSON would make `{}` of without a word. */
const REFUSED_CLASSES: readonly (readonly [new (...args: never[]) => object, what: string, cure: string])[] = [
  [Map, "a Map", "return Object.fromEntries(map), or an array of its entries."],
  [Set, "a Set", "return [...set]."],
  [WeakMap, "a WeakMap", "return what it holds as an array."],
  [WeakSet, "a WeakSet", "return what it holds as an array."],
  [Error, "an Error", "return its message as a string, or throw it."],
  [RegExp, "a RegExp", "return its source as a string."],
  [Promise, "a Promise", "await it before returning it."],
];

/** What the object is and what to do, or null when JSON carries it. */
function refusedObject(value: object): readonly [what: string, cure: string] | null {
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) {
    return ["binary", "bytes can only be a whole result; return them alone, or as a base64 string."];
  }
  const found = REFUSED_CLASSES.find(([refused]) => value instanceof refused);
  return found === undefined ? null : [found[1], found[2]];
}
