/** What a Pipeline or a free-standing Group leaves in NATS goes with it; and it goes also when NATS does not answer. */
import type { Context } from "../context.ts";
import { textAt } from "../children/read.ts";
import type { GroupObject, PipelineObject } from "../resources.ts";
import type { Outcome, Resource, Stored } from "../kube/index.ts";
import { deletePipelineState, type Scope } from "@troupe/protocol";
import { scopeOf } from "./observe-pipeline.ts";

export const FINALIZER = "troupe.dev/nats-state";
/** How long the finalizer waits for NATS. What is left then is swept later. */
export const GIVE_UP_MS = 60_000;
const RETRY_MS = 2_000;

type Owning = PipelineObject | GroupObject;

/** Before anything is made in NATS that would be left behind. */
export async function withFinalizer<T extends Owning>(
  { client }: Context,
  resource: Resource<T>,
  object: Stored<T>,
): Promise<Stored<T>> {
  const { name, namespace = "", resourceVersion, finalizers = [] } = object.metadata;
  if (finalizers.includes(FINALIZER)) return object;
  const body = { metadata: { finalizers: [...finalizers, FINALIZER] } };
  return client.patch(resource, { namespace, name }, { type: "merge", body, resourceVersion });
}

export async function cleanUp<T extends Owning>(
  context: Context,
  resource: Resource<T>,
  object: Stored<T>,
): Promise<Outcome> {
  const finalizers = object.metadata.finalizers ?? [];
  if (!finalizers.includes(FINALIZER)) return { kind: "settled" };
  const problem = await tryDelete(context, scopeOf(object));
  if (problem !== null) {
    const sinceMs = Date.parse(textAt(object, "metadata", "deletionTimestamp"));
    const leftMs = sinceMs + GIVE_UP_MS - context.clock.nowMs();
    if (leftMs > 0) return { kind: "again", afterMs: Math.min(RETRY_MS, leftMs), why: problem };
    await context.sweeper.remember(scopeOf(object));
    const note = abandoned(resource.kind, problem);
    context.events.record(object, { type: "Warning", reason: "CleanUpAbandoned", note });
  }
  const body = { metadata: { finalizers: finalizers.filter((name) => name !== FINALIZER) } };
  const { name, namespace = "", resourceVersion } = object.metadata;
  await context.client.patch(resource, { namespace, name }, { type: "merge", body, resourceVersion });
  return { kind: "settled" };
}

/** @returns what went wrong; null: nothing is left. */
async function tryDelete({ nats }: Context, scope: Scope): Promise<string | null> {
  const { bus, state } = nats;
  if (bus === null) return state.kind === "connected" ? "NATS is not connected" : state.message;
  try {
    await deletePipelineState(bus, scope);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function abandoned(kind: string, problem: string): string {
  return `NATS did not answer for ${GIVE_UP_MS / 1000} s (${problem}). What the ${kind} left there is deleted once it does.`;
}
