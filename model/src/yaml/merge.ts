import type { MappingEntry, YamlNode } from "./node.ts";

/** Adds what a merge key names: keys that are there already win, among several mappings the first. False: nothing to merge. */
export function mergeInto(entries: Map<string, MappingEntry>, from: YamlNode): boolean {
  const sources = from.kind === "sequence" ? from.items : [from];
  for (const source of sources) {
    if (source.kind !== "mapping") return false;
    for (const [key, entry] of source.entries) {
      if (!entries.has(key)) entries.set(key, entry);
    }
  }
  return true;
}
