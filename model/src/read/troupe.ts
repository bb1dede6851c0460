import { isPlainObject } from "../canonical-json.ts";
import { groupPaths } from "../group-paths.ts";
import type { Json } from "../json.ts";
import type { ConfigMapManifest } from "../manifest.ts";
import { GROUP_SCHEMA } from "../schema/group-schema.ts";
import { PIPELINE_SCHEMA } from "../schema/pipeline-schema.ts";
import { pruneNulls } from "../schema/prune.ts";
import { toJson, type MappingNode } from "../yaml/node.ts";
import type { Places } from "./places.ts";

/** The Pipeline as plain values. Nothing is converted, so paths are the same on both sides. */
export function convertPipeline(document: MappingNode, places: Places): Json {
  places.record("", document);
  return pruneNulls(toJson(document), PIPELINE_SCHEMA);
}

export function convertGroupResources(documents: readonly MappingNode[], places: Places): Json[] {
  const values = documents.map(toJson);
  const paths = groupPaths(values);
  documents.forEach((document, index) => {
    places.record(paths[index] ?? "", document);
  });
  return values.map((value) => pruneNulls(value, GROUP_SCHEMA));
}

/** Names and texts of a ConfigMap; what has another form is left out, as it is not Troupe's to judge. */
export function convertConfigMap(document: MappingNode): ConfigMapManifest[] {
  const value = toJson(document);
  const metadata = isPlainObject(value) ? value["metadata"] : undefined;
  const data = isPlainObject(value) && isPlainObject(value["data"]) ? value["data"] : {};
  const name = isPlainObject(metadata) ? metadata["name"] : undefined;
  if (typeof name !== "string") return [];
  const texts = Object.entries(data).filter((entry): entry is [string, string] => typeof entry[1] === "string");
  return [{ name, data: Object.fromEntries(texts) }];
}

/** Pod templates have a use of their own for `${…}`: commands of a shell. */
export function isTemplatePath(path: string): boolean {
  return /^spec\.(groups\[\d+\]\.)?template(?![\w-])/.test(path);
}
