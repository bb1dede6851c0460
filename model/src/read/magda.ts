import { toDnsLabel } from "../dns-label.ts";
import type { Json } from "../json.ts";
import { API_VERSION } from "../manifest.ts";
import { didYouMean } from "../nearest.ts";
import { toJson, type MappingNode, type YamlNode } from "../yaml/node.ts";
import { fieldNode, nameText, type Conversion } from "./conversion.ts";
import { groupLabels } from "./group-labels.ts";
import { warnOfBooleans } from "./magda-booleans.ts";
import { convertGroups, listedGroups } from "./magda-groups.ts";
import { convertModules, groupsOfModules } from "./magda-modules.ts";

const KEYS = ["name", "modules", "groups", "shared_parameters", "context"];

/**
 * Converts a MAGDA configuration into a Pipeline manifest. It takes what MAGDA takes, and what its documentation shows:
 * groups without options, groups that are not listed, no groups at all (then all modules form one).
 */
export function convertMagda(file: MappingNode, defaultName: string, to: Conversion): Json {
  to.places.record("", file);
  for (const key of file.entries.keys()) {
    if (!KEYS.includes(key)) warnOfKey(key, to);
  }
  const modules = fieldNode(file, "modules");
  const groups = fieldNode(file, "groups");
  const names = [...listedGroups(groups), ...(modules === undefined ? [] : groupsOfModules(modules))];
  const labels = groupLabels(names);
  warnOfRenamed(labels, { modules, groups }, to);
  recordLists(file, to);
  return {
    apiVersion: API_VERSION,
    kind: "Pipeline",
    metadata: { name: pipelineName(file, defaultName, to) },
    spec: {
      ...(modules === undefined ? {} : { modules: convertModules(modules, labels, to) }),
      ...(groups === undefined ? {} : { groups: convertGroups(groups, labels, to) }),
      ...passed(file, "shared_parameters", "sharedParameters", to),
      ...passed(file, "context", "context", to),
    },
  };
}

function pipelineName(file: MappingNode, defaultName: string, to: Conversion): string {
  const name = fieldNode(file, "name");
  if (name === undefined) return defaultName;
  const text = nameText(name);
  if (text !== undefined) return toDnsLabel(text) ?? defaultName;
  to.findings.push({
    code: "InvalidValue",
    message: "The name of a pipeline must be a text or a number.",
    hint: "Write for instance name: my-pipeline.",
    path: "name",
  });
  return defaultName;
}

/** A field that is taken as it stands. */
function passed(file: MappingNode, key: string, field: string, to: Conversion): Record<string, Json> {
  const node = fieldNode(file, key);
  if (node === undefined) return {};
  warnOfBooleans(node, key, to);
  to.places.record(`spec.${field}`, node, key, file.entries.get(key)?.keyOffset);
  return { [field]: toJson(node) };
}

function recordLists(file: MappingNode, { places }: Conversion): void {
  for (const key of ["modules", "groups"]) {
    const entry = file.entries.get(key);
    if (entry !== undefined) places.recordOne(`spec.${key}`, entry.node, key, entry.keyOffset);
  }
}

function warnOfKey(key: string, to: Conversion): void {
  to.warnings.push({
    code: "IgnoredField",
    message: `"${key}" has no effect.`,
    hint: `${didYouMean(key, KEYS)}A configuration may have: ${KEYS.join(", ")}.`,
    path: key,
  });
}

interface Lists {
  readonly modules: YamlNode | undefined;
  readonly groups: YamlNode | undefined;
}

function warnOfRenamed(labels: ReadonlyMap<string, string>, lists: Lists, to: Conversion): void {
  for (const [name, label] of labels) {
    if (name === label) continue;
    to.warnings.push({
      code: "RenamedGroup",
      message: `The group "${name}" is called "${label}" here.`,
      hint: `Write ${label} in the file to have one name everywhere: groups become Kubernetes objects, whose names have lower-case letters, digits and dashes.`,
      path: firstNaming(name, lists),
    });
  }
}

/** Where a group is named first: by a module, else in the list of groups. */
function firstNaming(name: string, { modules, groups }: Lists): string {
  const [module, listed] = [indexOf(modules, "group", name), indexOf(groups, "name", name)];
  return module === -1 ? `spec.groups[${String(listed)}].name` : `spec.modules[${String(module)}].group`;
}

function indexOf(list: YamlNode | undefined, key: string, name: string): number {
  if (list?.kind !== "sequence") return -1;
  return list.items.findIndex((item) => item.kind === "mapping" && nameText(fieldNode(item, key)) === name);
}
