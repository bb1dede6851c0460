/**
 * Whether a child has to be applied: a field that the operator sets is missing or other in what was observed. What the server added, or
 * somebody else owns, does not count; so a resync of what is in order writes nothing.
 */
import { isPlainObject, parseQuantity } from "@troupe/model";

/** Keys that tell the items of a list apart, as the API has them. */
const ITEM_KEYS = ["name", "mountPath", "containerPort", "type", "uid", "key"] as const;

export function differs(wanted: unknown, observed: unknown): boolean {
  if (Array.isArray(wanted)) return !Array.isArray(observed) || listDiffers(wanted, observed);
  if (isPlainObject(wanted)) {
    // The server drops empty objects in some places and keeps them in others; they say nothing either way.
    if (observed === undefined || observed === null) return Object.keys(wanted).length > 0;
    return (
      !isPlainObject(observed) || Object.entries(wanted).some(([key, value]) => fieldDiffers(value, observed[key]))
    );
  }
  return wanted !== observed && !isSameQuantity(wanted, observed);
}

function fieldDiffers(wanted: unknown, observed: unknown): boolean {
  return wanted !== undefined && wanted !== null && differs(wanted, observed);
}

/** Items that have a name are looked for by it: the server may hold others, which are not ours. */
function listDiffers(wanted: readonly unknown[], observed: readonly unknown[]): boolean {
  const key = keyOf(wanted);
  if (key === null)
    return wanted.length !== observed.length || wanted.some((item, index) => differs(item, observed[index]));
  return wanted.some((item) =>
    differs(
      item,
      observed.find((other) => valueOf(other, key) === valueOf(item, key)),
    ),
  );
}

function keyOf(items: readonly unknown[]): string | null {
  return ITEM_KEYS.find((key) => items.length > 0 && items.every((item) => valueOf(item, key) !== undefined)) ?? null;
}

function valueOf(item: unknown, key: string): unknown {
  return isPlainObject(item) ? item[key] : undefined;
}

/** The server writes quantities in its own way: `0.5` comes back as `500m`. */
function isSameQuantity(wanted: unknown, observed: unknown): boolean {
  const amount = parseQuantity(wanted);
  return amount !== null && amount === parseQuantity(observed);
}
