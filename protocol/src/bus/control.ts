import { DEFAULT_CONTROL, parseControl, type PipelineControl } from "../control.ts";
import { controlKey, REVISION_BUCKET, type Scope } from "../subjects.ts";
import { ensureBuckets, subjectOf } from "./buckets.ts";
import { appendToStream, lastMessageOf } from "./jetstream.ts";
import type { Bus } from "./port.ts";

/** Takes effect within two seconds. */
export async function writeControl(bus: Bus, scope: Scope, control: PipelineControl): Promise<void> {
  await ensureBuckets(bus);
  const data = new TextEncoder().encode(JSON.stringify(control));
  await appendToStream(bus, subjectOf(REVISION_BUCKET, controlKey(scope)), data);
}

/** What was written last, or {@link DEFAULT_CONTROL}. */
export async function readControl(bus: Bus, scope: Scope): Promise<PipelineControl> {
  const message = await lastMessageOf(bus, `KV_${REVISION_BUCKET}`, subjectOf(REVISION_BUCKET, controlKey(scope)));
  if (message === null || message.data.byteLength === 0) return DEFAULT_CONTROL;
  return parseControl(JSON.parse(new TextDecoder().decode(message.data)));
}
