// eslint-disable-next-line no-restricted-imports -- a hash is as pure as a sum: the same bytes give the same digest
import { createHash } from "node:crypto";
import type { Json } from "./json.ts";

/** JSON without white space and with sorted keys: equal values give equal texts. Absent (`undefined`) fields are left out. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, field: unknown) => (isPlainObject(field) ? sorted(field) : field));
}

/** The first 12 hex digits of the SHA-256 of the canonical JSON. */
export function shortHash(value: unknown): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex").slice(0, 12);
}

/** Size of a value as JSON in UTF-8. */
export function jsonBytes(value: unknown): number {
  return value === undefined ? 0 : new TextEncoder().encode(JSON.stringify(value)).byteLength;
}

/** An object as JSON has it: no class instance, no array. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}

/** Whether a value is JSON all through; fields that are `undefined` count as absent. */
export function isJson(value: unknown): value is Json {
  return findNonJson(value, "") === null;
}

/** Path of the first part of a value that JSON cannot carry, relative to it; null when there is none. */
export function findNonJson(value: unknown, path: string, within: readonly object[] = []): string | null {
  if (typeof value !== "object" || value === null) return isJsonScalar(value) ? null : path;
  if (within.includes(value)) return path;
  const inside = [...within, value];
  if (Array.isArray(value))
    return firstFound(value.map((item, i) => findNonJson(item, `${path}[${String(i)}]`, inside)));
  if (!isPlainObject(value)) return path;
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return firstFound(fields.map(([key, field]) => findNonJson(field, `${path}.${key}`, inside)));
}

function isJsonScalar(value: unknown): boolean {
  return value === null || typeof value === "string" || typeof value === "boolean" || Number.isFinite(value);
}

function firstFound(paths: readonly (string | null)[]): string | null {
  return paths.find((path) => path !== null) ?? null;
}

function sorted(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
}
