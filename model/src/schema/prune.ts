import { isPlainObject } from "../canonical-json.ts";
import type { Json } from "../json.ts";
import type { Schema } from "./schema.ts";

/** Drops empty fields (`groups:`), which count as absent; values that are free to be anything keep their nulls. */
export function pruneNulls(value: Json, schema: Schema): Json {
  if (schema.form === "list" && Array.isArray(value)) return value.map((item: Json) => pruneNulls(item, schema.items));
  if (schema.form !== "object" || !isJsonObject(value)) return value;
  const { fields } = schema;
  const kept = Object.entries(value).flatMap(([key, field]): [string, Json][] => {
    const known = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (known === undefined) return [[key, field]];
    return field === null && known.form !== "json" ? [] : [[key, pruneNulls(field, known)]];
  });
  return Object.fromEntries(kept);
}

function isJsonObject(value: Json): value is { readonly [key: string]: Json } {
  return isPlainObject(value);
}
