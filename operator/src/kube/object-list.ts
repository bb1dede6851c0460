import { fieldOf, textField } from "./json.ts";
import { type KubeObject, type Stored } from "./object.ts";
import { type Resource } from "./resource.ts";

export interface ObjectList<T extends KubeObject> {
  readonly items: readonly Stored<T>[];
  /** The moment at which all of them were so; a watch goes on from here. */
  readonly resourceVersion: string;
}

export interface ObjectPage<T extends KubeObject> extends ObjectList<T> {
  /** How to ask for the next page; undefined: this is the last one. */
  readonly next: string | undefined;
}

/** Reads a page of a list as the server sent it. */
export function readList<T extends KubeObject>(resource: Resource<T>, raw: unknown): ObjectPage<T> {
  const items = fieldOf(raw, "items");
  const metadata = fieldOf(raw, "metadata");
  const version = textField(metadata, "resourceVersion");
  const next = textField(metadata, "continue");
  if (typeof version !== "string")
    throw new Error(`the API server sent a list of ${resource.plural} without a version`);
  return {
    // An empty list of some kinds is null.
    items: Array.isArray(items) ? items.map((item) => resource.read(item)) : [],
    resourceVersion: version,
    next: next === "" ? undefined : next,
  };
}
