/** Copies the ConfigMap of modules that a Pipeline or a free-standing Group names, so that what runs does not change with it. */
import type { ChildWriter } from "../children/child-writer.ts";
import { sourceCopyName } from "../children/names.ts";
import type { Context } from "../context.ts";
import { configMaps, isNotFound, ownedBy, type Stored } from "../kube/index.ts";
import type { GroupObject, PipelineObject } from "../resources.ts";
import { contentHashOf } from "./observe-pipeline.ts";
import { sourceCopy } from "./source-copy.ts";

/** Nothing when there is a copy of the same content, or no source. */
export async function copySource(
  context: Context,
  writer: ChildWriter,
  from: Stored<PipelineObject> | Stored<GroupObject>,
): Promise<void> {
  const { informers, client } = context;
  const { namespace = "", name, uid } = from.metadata;
  const configMap = from.spec.source?.configMap;
  const { contentHash } = contentHashOf(informers, namespace, configMap);
  if (configMap === undefined || contentHash === null) return;
  const copy = { namespace, name: sourceCopyName(name, contentHash) };
  const observed = informers.configMaps.get(copy);
  if (observed?.metadata.ownerReferences?.some((owner) => owner.uid === uid) === true) return;
  // Read anew: the cache has only its hash. What has changed in between is another copy, of which a later visit knows.
  const source = await client.get(configMaps, { namespace, name: configMap }).catch(undefinedIfGone);
  if (source === undefined) return;
  await writer.apply(sourceCopy(source, { namespace, owner: { ...ownedBy(from), uid } }), observed);
}

function undefinedIfGone(error: unknown): undefined {
  if (!isNotFound(error)) throw error;
  return undefined;
}
