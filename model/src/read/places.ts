import { itemPath, keyPath, parentPath } from "../path.ts";
import type { Locate, Place } from "../problem.ts";
import { lineIndex } from "../yaml/lines.ts";
import type { YamlNode } from "../yaml/node.ts";

/** Where a path of the manifest stands in the text, and how the text itself calls it. */
interface Origin {
  readonly sourcePath: string;
  readonly offset: number;
  readonly keyOffset: number;
}

/**
 * From the paths of a manifest to the places of the text that it was read from. A converted file has other paths than the
 * manifest: both are kept, so that users read about the file that they wrote.
 */
export class Places {
  readonly #origins = new Map<string, Origin>();
  readonly #lineOf: (offset: number) => Place;

  constructor(text: string) {
    this.#lineOf = lineIndex(text);
  }

  /** Records a node, and nothing within it. */
  recordOne(path: string, node: YamlNode, sourcePath: string, keyOffset: number): void {
    this.#origins.set(path, { sourcePath, keyOffset, offset: node.kind === "scalar" ? node.offset : keyOffset });
  }

  /** Records a node and all within it. */
  record(path: string, node: YamlNode, sourcePath = path, keyOffset = node.offset): void {
    this.recordOne(path, node, sourcePath, keyOffset);
    if (node.kind === "sequence") {
      node.items.forEach((item, index) => {
        this.record(itemPath(path, index), item, itemPath(sourcePath, index));
      });
    } else if (node.kind === "mapping") {
      for (const [key, entry] of node.entries) {
        this.record(keyPath(path, key), entry.node, keyPath(sourcePath, key), entry.keyOffset);
      }
    }
  }

  readonly locate: Locate = (path, part = "value") => {
    const origin = this.#origins.get(path);
    if (origin !== undefined) return this.#lineOf(part === "key" ? origin.keyOffset : origin.offset);
    const parent = parentPath(path);
    return parent === null ? { line: null, column: null } : this.locate(parent, "value");
  };

  /** The path as the text has it. */
  sourcePath(path: string): string {
    const origin = this.#origins.get(path);
    if (origin !== undefined) return origin.sourcePath;
    const parent = parentPath(path);
    if (parent === null) return path;
    const joined = this.sourcePath(parent) + path.slice(parent.length);
    return joined.startsWith(".") ? joined.slice(1) : joined;
  }

  at(offset: number): Place {
    return this.#lineOf(offset);
  }
}
