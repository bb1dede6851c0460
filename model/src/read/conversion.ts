import { itemPath, keyPath } from "../path.ts";
import type { Finding } from "../problem.ts";
import type { MappingNode, ScalarNode, YamlNode } from "../yaml/node.ts";
import type { Places } from "./places.ts";

/** What a conversion writes to, besides its result. Paths of findings are those of the manifest. */
export interface Conversion {
  readonly places: Places;
  readonly findings: Finding[];
  readonly warnings: Finding[];
}

/** The node of a field; undefined when it is absent or empty. */
export function fieldNode(node: MappingNode, key: string): YamlNode | undefined {
  const found = node.entries.get(key)?.node;
  return found !== undefined && isNull(found) ? undefined : found;
}

export function isNull(node: YamlNode): boolean {
  return node.kind === "scalar" && node.value === null;
}

/** A name as it is written, be it a number or a word; undefined for anything else. */
export function nameText(node: YamlNode | undefined): string | undefined {
  return node?.kind === "scalar" && !isNull(node) ? node.text : undefined;
}

/** Calls back for every scalar in a node. */
export function eachScalar(node: YamlNode, path: string, visit: (scalar: ScalarNode, path: string) => void): void {
  if (node.kind === "scalar") visit(node, path);
  else if (node.kind === "sequence")
    node.items.forEach((item, index) => {
      eachScalar(item, itemPath(path, index), visit);
    });
  else for (const [key, entry] of node.entries) eachScalar(entry.node, keyPath(path, key), visit);
}
