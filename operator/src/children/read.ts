/** Reads what the API server sent: fields that may be absent, never trusted to have a type. */
import { isPlainObject } from "@troupe/model";

type Raw = Readonly<Record<string, unknown>>;

export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((inner, key) => {
    if (Array.isArray(inner)) return typeof key === "number" ? (inner as readonly unknown[])[key] : undefined;
    return isPlainObject(inner) ? inner[key] : undefined;
  }, value);
}

export function textAt(value: unknown, ...path: readonly (string | number)[]): string {
  const found = at(value, ...path);
  return typeof found === "string" ? found : "";
}

export function numberAt(value: unknown, ...path: readonly (string | number)[]): number {
  const found = at(value, ...path);
  return typeof found === "number" ? found : 0;
}

export function listAt(value: unknown, ...path: readonly (string | number)[]): readonly Raw[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found.filter(isPlainObject) : [];
}

/** Unix milliseconds; null when it is no moment. The API's clients give moments as text or as dates. */
export function momentAt(value: unknown, ...path: readonly (string | number)[]): number | null {
  const found = at(value, ...path);
  const ms = found instanceof Date ? found.getTime() : typeof found === "string" ? Date.parse(found) : NaN;
  return Number.isNaN(ms) ? null : ms;
}

/** The condition of a type in `status.conditions`. */
export function conditionOf(value: unknown, type: string): Raw | undefined {
  return listAt(value, "status", "conditions").find((condition) => condition["type"] === type);
}
