import type { GroupManifest } from "../manifest.ts";
import { groupPaths } from "../group-paths.ts";
import type { Finding } from "../problem.ts";
import { isPlainObject } from "../canonical-json.ts";
import { MAX_NAME_LENGTH } from "../limits.ts";
import { keyPath } from "../path.ts";
import { nameFinding } from "../schema/check-name.ts";
import { fieldOf, textOf } from "./draft.ts";
import { sourceFindings } from "./source.ts";

/** A Group resource settles a group of a pipeline, and then names both, or stands free, and then names neither. */
export function checkGroupResources(groups: readonly GroupManifest[]): Finding[] {
  const paths = groupPaths(groups);
  return groups.flatMap((group: unknown, index) => checkGroupResource(group, paths[index] ?? ""));
}

export function checkGroupResource(group: unknown, path: string): Finding[] {
  const spec = fieldOf(group, "spec");
  if (!isPlainObject(spec)) return [];
  const specPath = keyPath(path, "spec");
  return [...checkBelonging(spec, specPath), ...(isFree(spec) ? checkFree(group, spec, path) : [])];
}

function isFree(spec: Record<string, unknown>): boolean {
  return !isGiven(spec["pipelineRef"]) && !isGiven(spec["group"]);
}

/** Its own name becomes part of the names of Kubernetes objects, as that of a group of a pipeline does. */
function checkFree(group: unknown, spec: Record<string, unknown>, path: string): Finding[] {
  const name = textOf(fieldOf(fieldOf(group, "metadata"), "name"));
  const long = name !== null && name.length > MAX_NAME_LENGTH;
  return [
    ...(long ? nameFinding(name, "free-standing Group", keyPath(keyPath(path, "metadata"), "name")) : []),
    ...sourceFindings(spec["source"], keyPath(keyPath(path, "spec"), "source")),
  ];
}

function checkBelonging(spec: Record<string, unknown>, path: string): Finding[] {
  const refers = isGiven(spec["pipelineRef"]);
  const names = isGiven(spec["group"]);
  if (refers && !names) {
    return [
      missing(
        "The Group refers to a pipeline, but does not say which of its groups it settles.",
        "Add group.",
        `${path}.group`,
      ),
    ];
  }
  if (names && !refers) {
    return [
      missing(
        "The Group names a group, but not the pipeline that has it.",
        "Add pipelineRef: { name: … }, or remove group.",
        `${path}.pipelineRef`,
      ),
    ];
  }
  if (!refers || !isGiven(spec["source"])) return [];
  return [
    {
      code: "InvalidValue",
      message: "A Group of a pipeline has no source of its own.",
      hint: "Set the source of the Pipeline instead.",
      path: `${path}.source`,
    },
  ];
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function missing(message: string, hint: string, path: string): Finding {
  return { code: "MissingField", message, hint, path };
}
