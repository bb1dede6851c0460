/** How a kind is called, where it lives, and how what the server sends for it is read. */
import { isRecord } from "./json.ts";
import { type KubeObject, type ObjectKey, type Stored } from "./object.ts";

export interface ResourceNames {
  /** `v1`, or `group/version`. */
  readonly apiVersion: string;
  readonly kind: string;
  /** As paths have it: `deployments`. */
  readonly plural: string;
  readonly namespaced: boolean;
}

export interface Resource<T extends KubeObject> extends ResourceNames {
  /** Takes what the server sent. Items of lists come without `apiVersion` and `kind`; they get them here. */
  readonly read: (raw: unknown) => Stored<T>;
}

/** The server has checked what it keeps against the kind's schema, so only what every object must have is checked again. */
export function resource<T extends KubeObject>(names: ResourceNames): Resource<T> {
  const { apiVersion, kind } = names;
  return { ...names, read: (raw) => ({ ...stored<T>(raw, names), apiVersion, kind }) };
}

function stored<T extends KubeObject>(raw: unknown, { kind }: ResourceNames): Stored<T> {
  const metadata = isRecord(raw) ? raw["metadata"] : undefined;
  if (!isRecord(raw) || !isRecord(metadata)) throw new Error(`the API server sent a ${kind} without metadata`);
  for (const field of ["name", "uid", "resourceVersion"]) {
    if (typeof metadata[field] !== "string") throw new Error(`the API server sent a ${kind} without metadata.${field}`);
  }
  return raw as unknown as Stored<T>;
}

/** Path of a collection; in all namespaces when none is named. */
export function collectionPath({ apiVersion, plural, namespaced }: ResourceNames, namespace: string): string {
  const root = apiVersion.includes("/") ? "/apis" : "/api";
  const scope = namespaced && namespace !== "" ? `/namespaces/${encodeURIComponent(namespace)}` : "";
  return `${root}/${apiVersion}${scope}/${plural}`;
}

export function objectPath(names: ResourceNames, key: ObjectKey, subresource?: string): string {
  if (names.namespaced && key.namespace === "")
    throw new Error(`${names.kind} "${key.name}" needs a namespace: objects of this kind live in one`);
  const end = subresource === undefined ? "" : `/${subresource}`;
  return `${collectionPath(names, key.namespace)}/${encodeURIComponent(key.name)}${end}`;
}
