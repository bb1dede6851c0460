/** What a Pipeline leaves in NATS goes with it; and a Pipeline goes also when NATS does not answer. */
import type { Context } from "../context.ts";
import { textAt } from "../children/read.ts";
import { pipelines, type PipelineObject } from "../resources.ts";
import type { Outcome, Stored } from "../kube/index.ts";
import { deletePipelineState } from "@troupe/protocol";
import { scopeOf } from "./observe-pipeline.ts";

export const FINALIZER = "troupe.dev/nats-state";
/** How long the finalizer waits for NATS. What is left then is swept later. */
export const GIVE_UP_MS = 60_000;
const RETRY_MS = 2_000;

export async function cleanUpPipeline(context: Context, pipeline: Stored<PipelineObject>): Promise<Outcome> {
  const finalizers = pipeline.metadata.finalizers ?? [];
  if (!finalizers.includes(FINALIZER)) return { kind: "settled" };
  const problem = await tryDelete(context, pipeline);
  if (problem !== null) {
    const sinceMs = Date.parse(textAt(pipeline, "metadata", "deletionTimestamp"));
    const leftMs = sinceMs + GIVE_UP_MS - context.clock.nowMs();
    if (leftMs > 0) return { kind: "again", afterMs: Math.min(RETRY_MS, leftMs), why: problem };
    await context.sweeper.remember(scopeOf(pipeline));
    context.events.record(pipeline, { type: "Warning", reason: "CleanUpAbandoned", note: abandoned(problem) });
  }
  const body = { metadata: { finalizers: finalizers.filter((name) => name !== FINALIZER) } };
  const { name, namespace = "", resourceVersion } = pipeline.metadata;
  await context.client.patch(pipelines, { namespace, name }, { type: "merge", body, resourceVersion });
  return { kind: "settled" };
}

/** @returns what went wrong; null: nothing is left. */
async function tryDelete({ nats }: Context, pipeline: Stored<PipelineObject>): Promise<string | null> {
  const { bus, state } = nats;
  if (bus === null) return state.kind === "connected" ? "NATS is not connected" : state.message;
  try {
    await deletePipelineState(bus, scopeOf(pipeline));
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function abandoned(problem: string): string {
  return `NATS did not answer for ${GIVE_UP_MS / 1000} s (${problem}). What the Pipeline left there is deleted once it does.`;
}
