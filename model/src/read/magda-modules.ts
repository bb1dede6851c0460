import type { Json } from "../json.ts";
import { didYouMean } from "../nearest.ts";
import { itemPath, keyPath } from "../path.ts";
import { toJson, type MappingNode, type YamlNode } from "../yaml/node.ts";
import { fieldNode, nameText, type Conversion } from "./conversion.ts";
import { warnOfBooleans } from "./magda-booleans.ts";

/** The group of all modules of a file that names no groups at all. */
export const ONLY_GROUP = "main";

/** MAGDA's keys of a module, and those that Troupe adds, by the field that they become. */
const FIELDS: ReadonlyMap<string, string> = new Map([
  ["name", "name"],
  ["type", "type"],
  ["group", "group"],
  ["depends_on", "dependsOn"],
  ["parameters", "parameters"],
  ["expose", "expose"],
  ["aggregate", "aggregate"],
  ["timeout_seconds", "timeoutSeconds"],
  ["timeoutSeconds", "timeoutSeconds"],
  ["estimate_seconds", "estimateSeconds"],
  ["estimateSeconds", "estimateSeconds"],
]);

/** The modules of a MAGDA file, as a Pipeline has them. */
export function convertModules(modules: YamlNode, labels: ReadonlyMap<string, string>, to: Conversion): Json {
  if (modules.kind !== "sequence") return toJson(modules);
  const grouped = modules.items.some((item) => item.kind === "mapping" && fieldNode(item, "group") !== undefined);
  return modules.items.map((item, index) => {
    const path = itemPath("spec.modules", index);
    to.places.record(path, item, itemPath("modules", index));
    if (item.kind !== "mapping") return toJson(item);
    const module = convertModule(item, path, labels, to);
    return grouped ? module : { ...module, group: ONLY_GROUP };
  });
}

/** Names of groups that modules are in. */
export function groupsOfModules(modules: YamlNode): string[] {
  if (modules.kind !== "sequence") return [];
  return modules.items.flatMap((item) => (item.kind === "mapping" ? (nameText(fieldNode(item, "group")) ?? []) : []));
}

function convertModule(
  item: MappingNode,
  path: string,
  labels: ReadonlyMap<string, string>,
  to: Conversion,
): Record<string, Json> {
  const module: Record<string, Json> = {};
  for (const [key, { node, keyOffset }] of item.entries) {
    const field = FIELDS.get(key);
    if (field === undefined) {
      refuseKey(key, path, to);
      continue;
    }
    const fieldPath = keyPath(path, field);
    to.places.record(fieldPath, node, `${path.replace("spec.", "")}.${key}`, keyOffset);
    const value = convertField(field, node, labels);
    if (value !== null) module[field] = value;
    if (field === "parameters" || field === "expose") warnOfBooleans(node, fieldPath, to);
  }
  return module;
}

function refuseKey(key: string, path: string, to: Conversion): void {
  const keys = [...FIELDS.keys()].filter((known) => known === known.toLowerCase());
  to.findings.push({
    code: "UnknownField",
    message: `"${key}" is no field of a module.`,
    hint: `${didYouMean(key, keys)}It may have: ${keys.join(", ")}.`,
    path: keyPath(path, key),
  });
}

function convertField(field: string, node: YamlNode, labels: ReadonlyMap<string, string>): Json {
  if (field === "dependsOn") return convertParents(node);
  const text = nameText(node);
  if (field === "group" && text !== undefined) return labels.get(text) ?? text;
  return (field === "name" || field === "type") && text !== undefined ? text : toJson(node);
}

function convertParents(node: YamlNode): Json {
  if (node.kind === "sequence") return node.items.map((item) => nameText(item) ?? toJson(item));
  const only = nameText(node);
  return only === undefined ? toJson(node) : [only];
}
