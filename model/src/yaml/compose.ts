import {
  EVENT_ID,
  getScalarValue,
  parseEvents,
  SCALAR_STYLE,
  YAMLException,
  type Event,
  type ScalarEvent,
} from "js-yaml";
import { itemPath, keyPath } from "../path.ts";
import { mergeInto } from "./merge.ts";
import type { MappingEntry, MappingNode, ScalarStyle, SequenceNode, YamlFinding, YamlNode } from "./node.ts";
import { resolveScalar } from "./scalar.ts";

export interface ComposedYaml {
  /** One for every document that is not empty. */
  readonly documents: readonly YamlNode[];
  readonly findings: readonly YamlFinding[];
}

/** More values than any manifest has; what expands to more is an accident or an attack with aliases. */
const MAX_VALUES = 200_000;

/** Parses a YAML (or JSON) text into nodes that know their places. Never throws; all findings together. */
export function composeYaml(text: string): ComposedYaml {
  try {
    return new Composer(text, parseEvents(text, {})).compose();
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    return { documents: [], findings: [syntaxFinding(error, text)] };
  }
}

function syntaxFinding(error: YAMLException, text: string): YamlFinding {
  const offset = Math.min(error.mark?.position ?? 0, text.length);
  return {
    code: "InvalidYaml",
    message: `The text is no valid YAML: ${error.reason}.`,
    hint: "Check indentation (spaces only), brackets, and that texts with `: ` or a leading `@`, `%`, `*` or `&` stand in quotes.",
    path: "",
    offset,
  };
}

class Composer {
  readonly #text: string;
  readonly #events: readonly Event[];
  readonly #findings: YamlFinding[] = [];
  #at = 0;
  #anchors = new Map<string, YamlNode | "open">();

  constructor(text: string, events: readonly Event[]) {
    this.#text = text;
    this.#events = events;
  }

  compose(): ComposedYaml {
    const documents: YamlNode[] = [];
    while (this.#at < this.#events.length) {
      this.#at += 1;
      this.#anchors = new Map();
      const node = this.#node("", 0);
      this.#at += 1;
      if (node.size > MAX_VALUES)
        this.#refuse("", node.offset, "The text expands to too many values.", "Use fewer aliases.");
      else if (node.kind !== "scalar" || node.value !== null) documents.push(node);
    }
    return { documents, findings: this.#findings };
  }

  #node(path: string, fallbackOffset: number): YamlNode {
    const event = this.#events[this.#at];
    this.#at += 1;
    if (event === undefined) return nullNode(fallbackOffset);
    switch (event.type) {
      case EVENT_ID.SCALAR:
        return this.#anchored(event, () => this.#scalar(event, path, fallbackOffset));
      case EVENT_ID.SEQUENCE:
        return this.#anchored(event, () => this.#sequence(event.start, path));
      case EVENT_ID.MAPPING:
        return this.#anchored(event, () => this.#mapping(event.start, path));
      case EVENT_ID.ALIAS:
        return this.#alias(this.#text.slice(event.anchorStart, event.anchorEnd), path, event.anchorStart - 1);
      case EVENT_ID.DOCUMENT:
      case EVENT_ID.POP:
        // The end of what encloses the value: there is none.
        this.#at -= 1;
        return nullNode(fallbackOffset);
    }
  }

  #anchored(event: { anchorStart: number; anchorEnd: number }, make: () => YamlNode): YamlNode {
    if (event.anchorStart === -1) return make();
    const name = this.#text.slice(event.anchorStart, event.anchorEnd);
    this.#anchors.set(name, "open");
    const node = make();
    this.#anchors.set(name, node);
    return node;
  }

  #alias(name: string, path: string, offset: number): YamlNode {
    const target = this.#anchors.get(name);
    if (target !== undefined && target !== "open") return { ...target, offset };
    const message =
      target === "open"
        ? `The alias *${name} stands inside what it refers to.`
        : `There is no anchor &${name} above the alias *${name}.`;
    this.#refuse(path, offset, message, "Write the value out, or define the anchor earlier in the same document.");
    return nullNode(offset);
  }

  #scalar(event: ScalarEvent, path: string, fallbackOffset: number): YamlNode {
    const text = event.valueStart === -1 ? "" : getScalarValue(this.#text, event);
    const offset = event.valueStart === -1 ? fallbackOffset : contentOffset(event);
    const style = this.#style(event, path, offset);
    const outcome = resolveScalar(text, style);
    if (outcome.ok) return { kind: "scalar", value: outcome.value, text, style, offset, size: 1 };
    this.#findings.push({ code: "InvalidValue", message: outcome.message, hint: outcome.hint, path, offset });
    return { kind: "scalar", value: text, text, style: "text", offset, size: 1 };
  }

  #style(event: ScalarEvent, path: string, offset: number): ScalarStyle {
    if (event.tagStart === -1) return event.style === SCALAR_STYLE.PLAIN ? "plain" : "text";
    const tag = this.#text.slice(event.tagStart, event.tagEnd);
    const style = TAG_STYLES.get(tag);
    if (style !== undefined) return style;
    this.#refuse(path, offset, `The tag ${tag} is not supported.`, "Remove it; plain YAML values need no tag.");
    return "text";
  }

  #sequence(offset: number, path: string): SequenceNode {
    const items: YamlNode[] = [];
    let size = 1;
    while (!this.#closed()) {
      const item = this.#node(itemPath(path, items.length), offset);
      items.push(item);
      size += item.size;
    }
    return { kind: "sequence", items, offset, size };
  }

  #mapping(offset: number, path: string): MappingNode {
    const entries = new Map<string, MappingEntry>();
    let merged: MappingEntry | null = null;
    let size = 1;
    while (!this.#closed()) {
      const key = this.#node(path, offset);
      const text = key.kind === "scalar" ? key.text : null;
      const node = this.#node(text === null ? path : keyPath(path, text), key.offset);
      size += node.size;
      const entry = { keyOffset: key.offset, node };
      if (text === null) this.#refuse(path, key.offset, "A key must be a plain text.", "Use a text as the key.");
      else if (isMergeKey(key) && merged === null) merged = entry;
      else if (entries.has(text)) this.#refuseDuplicate(path, text, key.offset);
      else entries.set(text, entry);
    }
    if (merged !== null && !mergeInto(entries, merged.node)) {
      this.#refuse(
        path,
        merged.keyOffset,
        "The merge key `<<` takes a mapping or a list of mappings.",
        "Refer to a mapping: `<<: *name`.",
      );
    }
    return { kind: "mapping", entries, offset, size };
  }

  #closed(): boolean {
    const event = this.#events[this.#at];
    if (event !== undefined && event.type !== EVENT_ID.POP) return false;
    this.#at += 1;
    return true;
  }

  #refuse(path: string, offset: number, message: string, hint: string): void {
    this.#findings.push({ code: "InvalidYaml", message, hint, path, offset });
  }

  #refuseDuplicate(path: string, key: string, offset: number): void {
    this.#findings.push({
      code: "DuplicateKey",
      message: `The key "${key}" is given twice in the same mapping.`,
      hint: "Remove one of the two, or rename it.",
      path: keyPath(path, key),
      offset,
    });
  }
}

const TAG_STYLES: ReadonlyMap<string, ScalarStyle> = new Map([
  ["!!str", "text"],
  ["!", "text"],
  ["!!int", "int"],
  ["!!float", "float"],
  ["!!bool", "bool"],
  ["!!null", "null"],
]);

/** Points at the opening quote, not at what follows it. */
function contentOffset(event: ScalarEvent): number {
  const quoted = event.style === SCALAR_STYLE.SINGLE_QUOTED || event.style === SCALAR_STYLE.DOUBLE_QUOTED;
  return quoted ? event.valueStart - 1 : event.valueStart;
}

function isMergeKey(key: YamlNode): boolean {
  return key.kind === "scalar" && key.style === "plain" && key.text === "<<";
}

function nullNode(offset: number): YamlNode {
  return { kind: "scalar", value: null, text: "", style: "plain", offset, size: 1 };
}
