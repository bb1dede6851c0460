/** Lays a user's pod template over the managed one: mappings field by field, lists by the key that Kubernetes merges them by. */
import { isPlainObject, type Json, type JsonObject } from "@troupe/model";

/** Lists that are merged item by item; every other list is replaced as a whole. */
const MERGE_KEYS: Readonly<Record<string, string>> = {
  containers: "name",
  initContainers: "name",
  ephemeralContainers: "name",
  env: "name",
  volumes: "name",
  volumeMounts: "mountPath",
  volumeDevices: "devicePath",
  ports: "containerPort",
  imagePullSecrets: "name",
  hostAliases: "ip",
  topologySpreadConstraints: "topologyKey",
  resourceClaims: "name",
};

export function overlay(base: JsonObject, over: JsonObject): JsonObject {
  const fields = Object.entries(over).map(([key, value]): [string, Json] => [key, mergeField(key, base[key], value)]);
  return { ...base, ...Object.fromEntries(fields) };
}

function mergeField(key: string, base: Json | undefined, over: Json): Json {
  if (isJsonObject(base) && isJsonObject(over)) return overlay(base, over);
  const mergeKey = MERGE_KEYS[key];
  if (mergeKey === undefined || !isList(base) || !isList(over)) return over;
  return mergeList(base, over, mergeKey);
}

/** Base items keep their places; new ones follow. */
function mergeList(base: readonly Json[], over: readonly Json[], key: string): Json[] {
  const identity = (item: Json): Json | undefined => (isJsonObject(item) ? item[key] : undefined);
  const isSame = (a: Json, b: Json): boolean => identity(a) !== undefined && identity(a) === identity(b);
  const merged = base.map((item) => {
    const found = over.find((other) => isSame(item, other));
    return isJsonObject(item) && isJsonObject(found) ? overlay(item, found) : item;
  });
  return [...merged, ...over.filter((item) => !base.some((other) => isSame(item, other)))];
}

function isJsonObject(value: Json | undefined): value is JsonObject {
  return isPlainObject(value);
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}
