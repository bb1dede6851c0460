import { isPlainObject } from "../canonical-json.ts";
import type { Json } from "../json.ts";
import { didYouMean } from "../nearest.ts";
import { itemPath, keyPath } from "../path.ts";
import { toJson, type MappingNode, type YamlNode } from "../yaml/node.ts";
import { fieldNode, isNull, nameText, type Conversion } from "./conversion.ts";
import { RAY_OPTIONS } from "./ray-options.ts";

/** The groups of a MAGDA file, as a Pipeline has them. */
export function convertGroups(groups: YamlNode, labels: ReadonlyMap<string, string>, to: Conversion): Json {
  if (groups.kind !== "sequence") return toJson(groups);
  return groups.items.map((item, index) => {
    const path = itemPath("spec.groups", index);
    to.places.record(path, item, itemPath("groups", index));
    return item.kind === "mapping" ? convertGroup(item, path, labels, to) : toJson(item);
  });
}

/** Names of groups that are listed. */
export function listedGroups(groups: YamlNode | undefined): string[] {
  if (groups?.kind !== "sequence") return [];
  return groups.items.flatMap((item) => (item.kind === "mapping" ? (nameText(fieldNode(item, "name")) ?? []) : []));
}

function convertGroup(item: MappingNode, path: string, labels: ReadonlyMap<string, string>, to: Conversion): Json {
  const group: Record<string, Json> = {};
  const name = nameText(fieldNode(item, "name"));
  if (name !== undefined) group["name"] = labels.get(name) ?? name;
  for (const key of item.entries.keys()) {
    if (key !== "name" && key !== "options") refuseKey(key, path, to);
  }
  const options = fieldNode(item, "options");
  if (options?.kind === "mapping") convertOptions(options, group, path, to);
  else if (options !== undefined) {
    to.findings.push({
      code: "InvalidValue",
      message: "The options of a group must be a mapping.",
      hint: "Write for instance options: { replicas: 3 }.",
      path: `${path}.options`,
    });
  }
  return group;
}

function convertOptions(options: MappingNode, group: Record<string, Json>, path: string, to: Conversion): void {
  for (const [key, entry] of options.entries) {
    const option = RAY_OPTIONS.get(key);
    if (option === undefined) refuseOption(key, `${path}.options`, to);
    else if ("ignored" in option) {
      to.warnings.push({
        code: "IgnoredOption",
        message: `The option "${key}" has no effect.`,
        hint: option.ignored,
        path: keyPath(`${path}.options`, key),
      });
    } else if (!isNull(entry.node)) setOption(group, option.field, option.convert(toJson(entry.node)));
    if (option !== undefined && "field" in option) {
      const sourcePath = `${path.replace("spec.", "")}.options.${key}`;
      to.places.record([path, ...option.field].join("."), entry.node, sourcePath, entry.keyOffset);
    }
  }
}

function setOption(group: Record<string, Json>, field: readonly string[], value: Json): void {
  const [first = "", second] = field;
  const inner = group[first];
  group[first] = second === undefined ? value : { ...(isPlainObject(inner) ? inner : {}), [second]: value };
}

function refuseKey(key: string, path: string, to: Conversion): void {
  const hint = RAY_OPTIONS.has(key)
    ? `Move it below options: options: { ${key}: … }.`
    : `${didYouMean(key, ["name", "options"])}It may have: name, options.`;
  to.findings.push({
    code: "UnknownField",
    message: `"${key}" is no field of a group.`,
    hint,
    path: keyPath(path, key),
  });
}

function refuseOption(key: string, path: string, to: Conversion): void {
  const known = [...RAY_OPTIONS].flatMap(([name, option]) => ("field" in option ? name : []));
  const hint = `${didYouMean(key, RAY_OPTIONS.keys())}Known are: ${known.join(", ")}.`;
  to.findings.push({
    code: "UnknownField",
    message: `"${key}" is no option of a group.`,
    hint,
    path: keyPath(path, key),
  });
}
