/** Where large inputs and results of a pipeline are stored; its uid is looked up when it was not given. */
import {
  BlobFolder,
  BlobStore,
  currentRevisionKey,
  lastMessageOf,
  REVISION_BUCKET,
  type Bus,
  type Scope,
} from "@troupe/protocol";
import { RefusedError } from "./errors.ts";

export interface BlobSource {
  readonly bus: Bus;
  readonly namespace: string;
  readonly pipeline: string;
  readonly uid: string | undefined;
  /** Folder of stored payloads that the pipeline's processes on this machine share; undefined: none. */
  readonly payloads: string | undefined;
}

/** The returned function looks the uid up at its first call, and again after a failure. */
export function blobsOf(source: BlobSource): () => Promise<BlobStore> {
  let opened: Promise<BlobStore> | undefined;
  return async () => {
    opened ??= openStore(source).catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
}

async function openStore({ bus, namespace, pipeline, uid, payloads }: BlobSource): Promise<BlobStore> {
  const scope: Scope = { namespace, pipeline, uid: uid ?? (await newestUid(bus, namespace, pipeline)) };
  return new BlobStore(bus, scope, payloads === undefined ? undefined : new BlobFolder(payloads));
}

/** The bucket holds one key a pipeline that names its current revision; the uid is a token of it. */
async function newestUid(bus: Bus, namespace: string, pipeline: string): Promise<string> {
  const prefix = `$KV.${REVISION_BUCKET}.`;
  const wanted = currentRevisionKey({ namespace, pipeline, uid: "*" });
  const found = await lastMessageOf(bus, `KV_${REVISION_BUCKET}`, prefix + wanted);
  const uid = found?.subject.slice(prefix.length).split(".")[2];
  if (uid !== undefined) return uid;
  throw new RefusedError(
    "PipelineNotFound",
    `no pipeline ${namespace}/${pipeline} is known to this NATS server`,
    "Check its name and namespace, and that it was accepted",
  );
}
