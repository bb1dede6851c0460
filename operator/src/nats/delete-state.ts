/** Everything of a pipeline that is in NATS. */
import {
  deleteStream,
  LOAD_BUCKET,
  OWNER_BUCKET,
  purgeStream,
  REVISION_BUCKET,
  scopeKey,
  streamsOf,
  type Bus,
  type Scope,
} from "@troupe/protocol";

/** Idempotent. @throws when NATS does not answer, or JetStream is off */
export async function deletePipelineState(bus: Bus, scope: Scope): Promise<void> {
  const key = scopeKey(scope);
  // An empty value on a key says that it is gone: coordinators let go of the pipeline before its streams go.
  bus.publish(`$KV.${REVISION_BUCKET}.${key}.current`, new Uint8Array(0));
  await bus.flush();
  const { journal, snapshots, records, blobs } = streamsOf(scope);
  for (const stream of [journal, snapshots, records, blobs]) await deleteStream(bus, stream);
  for (const bucket of [REVISION_BUCKET, OWNER_BUCKET, LOAD_BUCKET])
    for (const subject of [`$KV.${bucket}.${key}`, `$KV.${bucket}.${key}.>`])
      await purgeStream(bus, `KV_${bucket}`, { subject });
}
