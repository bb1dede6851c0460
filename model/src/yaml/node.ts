import type { Json } from "../json.ts";
import type { ProblemCode } from "../problem.ts";

/** A value of a YAML text with the place where it stands. Aliases and merge keys are already followed. */
export type YamlNode = ScalarNode | SequenceNode | MappingNode;

interface NodeBase {
  /** Offset of its first character; that of the alias for an aliased value. */
  readonly offset: number;
  /** Number of values in it, itself included, aliases expanded. */
  readonly size: number;
}

export interface ScalarNode extends NodeBase {
  readonly kind: "scalar";
  readonly value: null | boolean | number | string;
  /** As written, without quotes and with escapes decoded. */
  readonly text: string;
  readonly style: ScalarStyle;
}

/** How a scalar gets its type: `plain` ones by their form, `text` never, the others by their tag. */
export type ScalarStyle = "plain" | "text" | "int" | "float" | "bool" | "null";

export interface SequenceNode extends NodeBase {
  readonly kind: "sequence";
  readonly items: readonly YamlNode[];
}

export interface MappingNode extends NodeBase {
  readonly kind: "mapping";
  readonly entries: ReadonlyMap<string, MappingEntry>;
}

export interface MappingEntry {
  readonly keyOffset: number;
  readonly node: YamlNode;
}

/** Something wrong at an offset of the text. */
export interface YamlFinding {
  readonly code: ProblemCode;
  readonly message: string;
  readonly hint: string;
  readonly path: string;
  readonly offset: number;
}

/** The plain value of a node. */
export function toJson(node: YamlNode): Json {
  switch (node.kind) {
    case "scalar":
      return node.value;
    case "sequence":
      return node.items.map(toJson);
    case "mapping":
      return Object.fromEntries([...node.entries].map(([key, entry]) => [key, toJson(entry.node)]));
  }
}
