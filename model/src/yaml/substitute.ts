import { nearest } from "../nearest.ts";
import { itemPath, keyPath } from "../path.ts";
import type { MappingEntry, ScalarNode, YamlFinding, YamlNode } from "./node.ts";
import { resolveScalar } from "./scalar.ts";
import { hasShielded, replacePlaceholders, unshield, type Placeholder } from "./shield.ts";

/** What placeholders stand for, and what became of them. */
export interface Substitution {
  readonly values: Readonly<Record<string, string>>;
  /** Names that were asked for. */
  readonly used: Set<string>;
  readonly findings: YamlFinding[];
  /** Whether a part of the document is left as it is written. */
  readonly exempt: (path: string) => boolean;
}

/**
 * Puts values in the place of placeholders, in parsed scalars alone: a value can never add structure. An unquoted scalar gets
 * its type after that, so that `${N}` with 3 is a number, and `"${N}"` a text.
 */
export function substitute(node: YamlNode, path: string, how: Substitution): YamlNode {
  switch (node.kind) {
    case "scalar":
      return substituteScalar(node, path, how);
    case "sequence":
      return { ...node, items: node.items.map((item, index) => substitute(item, itemPath(path, index), how)) };
    case "mapping":
      return { ...node, entries: substituteEntries(node.entries, path, how) };
  }
}

/** The node with all placeholders as they were written. */
export function leaveAsWritten(node: YamlNode): YamlNode {
  return substitute(node, "", { values: {}, used: new Set(), findings: [], exempt: () => true });
}

function substituteEntries(
  entries: ReadonlyMap<string, MappingEntry>,
  path: string,
  how: Substitution,
): Map<string, MappingEntry> {
  const result = new Map<string, MappingEntry>();
  for (const [written, entry] of entries) {
    const key = hasShielded(written)
      ? substituteText(written, keyPath(path, unshield(written)), entry.keyOffset, how)
      : written;
    result.set(key, { ...entry, node: substitute(entry.node, keyPath(path, key), how) });
  }
  return result;
}

function substituteScalar(node: ScalarNode, path: string, how: Substitution): ScalarNode {
  if (!hasShielded(node.text)) return node;
  const text = substituteText(node.text, path, node.offset, how);
  const outcome = resolveScalar(text, node.style);
  if (outcome.ok) return { ...node, text, value: outcome.value };
  how.findings.push({ code: "InvalidValue", message: outcome.message, hint: outcome.hint, path, offset: node.offset });
  return { ...node, text, value: text };
}

function substituteText(shielded: string, path: string, offset: number, how: Substitution): string {
  if (how.exempt(path)) return unshield(shielded);
  return replacePlaceholders(shielded, (placeholder) => valueOf(placeholder, path, offset, how));
}

function valueOf({ name, fallback }: Placeholder, path: string, offset: number, how: Substitution): string {
  how.used.add(name);
  const value = Object.hasOwn(how.values, name) ? how.values[name] : (fallback ?? undefined);
  if (value !== undefined) return value;
  const meant = nearest(name, Object.keys(how.values));
  how.findings.push({
    code: "MissingPlaceholder",
    message: `The placeholder \${${name}} has no value.`,
    hint:
      meant === null
        ? `Give it one with --set ${name}=VALUE, or write a default: \${${name}:-VALUE}. To mean the characters themselves write $\${${name}}.`
        : `A value was given for "${meant}". Give it as --set ${name}=VALUE.`,
    path,
    offset,
  });
  return `\${${name}}`;
}
