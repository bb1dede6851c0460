/** All that a pipeline or a free-standing Group has in NATS, taken together: for its end, and for what was left behind. */
import { setTimeout as delay } from "node:timers/promises";
import {
  currentRevisionKey,
  groupMarkKey,
  LOAD_BUCKET,
  OWNER_BUCKET,
  REVISION_BUCKET,
  scopeKey,
  scopeOfKey,
  scopeOfStream,
  streamsOf,
  type Scope,
} from "../subjects.ts";
import { readOwner, subjectOf } from "./buckets.ts";
import { appendToStream, deleteStream, JetStreamError, JS_CODE, listStreams, purgeStream } from "./jetstream.ts";
import { listKeys } from "./keys.ts";
import { NoRespondersError, type Bus } from "./port.ts";

const BUCKETS = [REVISION_BUCKET, OWNER_BUCKET, LOAD_BUCKET];
/** As long as an owner's lease: who has not let go by then does not live, or has not heard. */
const LET_GO_MS = 2_500;
const LOOK_MS = 100;
/** What a coordinator had under way when it heard of the end arrives within this time. */
const SETTLE_MS = 300;
const ATTEMPTS = 5;

/** It was deleted, and something is there again. */
export class PipelineStateError extends Error {
  override readonly name = "PipelineStateError";
}

/**
 * Deletes the pipeline's streams and keys: jobs, records and payloads are gone for good. Coordinators let go first. Deleting what is not there
 * does no harm. Takes up to three seconds while a coordinator owns the pipeline.
 * @throws {PipelineStateError} when something is written again and again. @throws when NATS does not answer, or JetStream is off.
 */
export async function deletePipelineState(bus: Bus, scope: Scope): Promise<void> {
  await announceEnd(bus, scope);
  await untilLetGo(bus, scope);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    for (const stream of streamNames(scope)) await deleteStream(bus, stream);
    for (const bucket of BUCKETS) await purgeKeys(bus, bucket, scope);
    await delay(SETTLE_MS);
    if ((await leftoversOf(bus, scope)).length === 0) return;
  }
  const left = (await leftoversOf(bus, scope)).join(", ");
  throw new PipelineStateError(
    `${scopeKey(scope)} is deleted, but somebody writes it again (${left}): end the coordinator that has it in TROUPE_PIPELINES`,
  );
}

function streamNames(scope: Scope): string[] {
  const { journal, snapshots, records, blobs } = streamsOf(scope);
  return [journal, snapshots, records, blobs];
}

/** Streams and keys of the pipeline, by name; keys with their bucket before them. */
async function leftoversOf(bus: Bus, scope: Scope): Promise<string[]> {
  const found: string[] = [];
  const own = new Set(streamNames(scope));
  found.push(...(await listStreams(bus)).filter((name) => own.has(name)));
  for (const bucket of BUCKETS) {
    for (const filter of [scopeKey(scope), `${scopeKey(scope)}.>`])
      found.push(...((await listKeys(bus, bucket, filter)) ?? []).map((key) => `${bucket} ${key}`));
  }
  return found;
}

/**
 * An empty value says that the pipeline is being deleted: whoever looks after it leaves it, and nobody else takes it up. The same for a
 * free-standing Group; who deletes what is left over need not know which of the two it was.
 */
async function announceEnd(bus: Bus, scope: Scope): Promise<void> {
  try {
    for (const key of [currentRevisionKey(scope), groupMarkKey(scope)])
      await appendToStream(bus, subjectOf(REVISION_BUCKET, key), new Uint8Array(0));
  } catch (error) {
    if (!(error instanceof NoRespondersError)) throw error; // there is no bucket: nobody can have taken it up
  }
}

async function untilLetGo(bus: Bus, scope: Scope): Promise<void> {
  const until = performance.now() + LET_GO_MS;
  while (performance.now() < until && (await isOwned(bus, scope))) await delay(LOOK_MS);
}

async function isOwned(bus: Bus, scope: Scope): Promise<boolean> {
  try {
    return (await readOwner(bus, scope, LET_GO_MS)).lease !== null;
  } catch (error) {
    if (error instanceof NoRespondersError) return false;
    throw error;
  }
}

async function purgeKeys(bus: Bus, bucket: string, scope: Scope): Promise<void> {
  try {
    for (const key of [scopeKey(scope), `${scopeKey(scope)}.>`])
      await purgeStream(bus, `KV_${bucket}`, { subject: subjectOf(bucket, key) });
  } catch (error) {
    if (!(error instanceof JetStreamError) || error.code !== JS_CODE.streamNotFound) throw error;
  }
}

/** Every pipeline of which there is anything, whether it is applied or not. */
export async function listPipelineStates(bus: Bus): Promise<Scope[]> {
  const found = new Map<string, Scope>();
  const keep = (scope: Scope | null): void => {
    if (scope !== null) found.set(scopeKey(scope), scope);
  };
  for (const name of await listStreams(bus)) keep(scopeOfStream(name));
  for (const bucket of BUCKETS) for (const key of (await listKeys(bus, bucket, ">")) ?? []) keep(scopeOfKey(key));
  return [...found.values()];
}

/**
 * Deletes what belongs to no living pipeline. Only for a NATS that nobody else uses: to another cluster's operator its own pipelines live, and
 * to this one they do not.
 * @param living uids of all Pipelines and free-standing Groups that there are, in every namespace. @returns what was deleted.
 */
export async function sweepPipelineStates(bus: Bus, living: ReadonlySet<string>): Promise<Scope[]> {
  const dead = (await listPipelineStates(bus)).filter(({ uid }) => !living.has(uid));
  for (const scope of dead) await deletePipelineState(bus, scope);
  return dead;
}
