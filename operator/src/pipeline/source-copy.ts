import { ownerReference, type Child, type Owner } from "../children/child.ts";
import { MANAGED_BY } from "../children/labels.ts";
import { hash8, sourceCopyName } from "../children/names.ts";
import { at } from "../children/read.ts";

/** Marks copies of sources, and says of which ConfigMap they are. */
export const SOURCE_LABEL = "troupe.dev/source-of";

/** Where a ConfigMap's content hash stands in the cache, whose ConfigMaps have no content. */
export const CONTENT_HASH_ANNOTATION = "troupe.dev/content-hash";

/** Hash of what a ConfigMap holds, whatever its metadata. */
export function contentHash(configMap: unknown): string {
  return hash8({ data: at(configMap, "data") ?? {}, binaryData: at(configMap, "binaryData") ?? {} });
}

/** An immutable copy of a ConfigMap of modules: what a revision runs does not change when its source does. */
export function sourceCopy(
  configMap: unknown,
  { namespace, owner }: { readonly namespace: string; readonly owner: Owner },
): Child {
  const [data, binaryData] = [at(configMap, "data"), at(configMap, "binaryData")];
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: sourceCopyName(owner.name, contentHash(configMap)),
      namespace,
      labels: { ...MANAGED_BY, [SOURCE_LABEL]: owner.name },
      ownerReferences: [ownerReference(owner)],
    },
    immutable: true,
    ...(data === undefined ? {} : { data }),
    ...(binaryData === undefined ? {} : { binaryData }),
  };
}
