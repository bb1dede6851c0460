import type { Finding } from "../problem.ts";
import { isPlainObject } from "../canonical-json.ts";
import type { Draft } from "./draft.ts";

/** A source that says nothing. */
export function checkSource({ spec }: Draft): Finding[] {
  const { source } = spec;
  if (!isPlainObject(source) || source["configMap"] !== undefined || source["image"] !== undefined) return [];
  const hint = "Name a ConfigMap of module files (configMap), an image that holds them (image), or both.";
  return [
    { code: "MissingField", message: "The source names neither a configMap nor an image.", hint, path: "spec.source" },
  ];
}
