import type { Finding } from "../problem.ts";
import { isPlainObject } from "../canonical-json.ts";
import type { Draft } from "./draft.ts";

/** A source that says nothing. */
export function checkSource({ spec }: Draft): Finding[] {
  return sourceFindings(spec["source"], "spec.source");
}

export function sourceFindings(source: unknown, path: string): Finding[] {
  if (!isPlainObject(source) || isGiven(source["configMap"]) || isGiven(source["image"])) return [];
  const hint = "Name a ConfigMap of module files (configMap), an image that holds them (image), or both.";
  return [{ code: "MissingField", message: "The source names neither a configMap nor an image.", hint, path }];
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}
