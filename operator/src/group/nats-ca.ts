/** The authority of NATS's certificates, where the pods of a group find it: in their own namespace. */
import { ownerReference, type Child, type Owner } from "../children/child.ts";
import { groupLabels, MANAGED_BY } from "../children/labels.ts";
import { natsCaName, type GroupName } from "../children/names.ts";
import { textAt } from "../children/read.ts";
import { contentHash, CONTENT_HASH_ANNOTATION } from "../pipeline/source-copy.ts";
import { NATS_CA_KEY } from "./pod-paths.ts";

export interface NatsCaQuestion {
  /** Certificates; null: pods need none. */
  readonly natsCa: string | null;
  readonly name: GroupName & { readonly namespace: string };
  readonly owner: Owner;
  /** The ConfigMap as the cache has it, with the hash of its content in place of it; undefined: there is none. */
  readonly observed: unknown;
}

/** A public certificate is no secret. @returns null when nothing has to be written. */
export function dueNatsCa({ natsCa, name, owner, observed }: NatsCaQuestion): Child | null {
  if (natsCa === null) return null;
  const data = { [NATS_CA_KEY]: natsCa };
  const isOurs = textAt(observed, "metadata", "ownerReferences", 0, "uid") === owner.uid;
  if (isOurs && textAt(observed, "metadata", "annotations", CONTENT_HASH_ANNOTATION) === contentHash({ data }))
    return null;
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: natsCaName(name),
      namespace: name.namespace,
      labels: { ...MANAGED_BY, ...groupLabels(name) },
      ownerReferences: [ownerReference(owner)],
    },
    data,
  };
}
