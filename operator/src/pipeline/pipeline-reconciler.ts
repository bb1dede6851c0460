/**
 * Visits Pipelines: observe → decide → apply → status.
 *
 *   observe-pipeline.ts   gathers a view           stored-revision.ts, declared-groups.ts
 *   plan-pipeline.ts      decides (pure)           accept.ts, compile-pipeline.ts, generated-groups.ts
 *   apply-pipeline.ts     does what was decided    copy-source.ts; then brings the bucket in NATS to it
 *   pipeline-status.ts    says how it is (pure)    pipeline-verdicts.ts
 *   clean-up.ts           the end of a Pipeline
 */
import type { Projected } from "@troupe/protocol";
import { ChildWriter } from "../children/child-writer.ts";
import { credentialsSecretName } from "../children/credentials-name.ts";
import { StatusWriter } from "../children/status-writer.ts";
import type { Context } from "../context.ts";
import { keyText, type ObjectKey, type Outcome, type Stored } from "../kube/index.ts";
import { pipelines, type PipelineObject } from "../resources.ts";
import { applyPipeline, projectPipeline, type ProjectionMemory } from "./apply-pipeline.ts";
import { cleanUp, withFinalizer } from "./clean-up.ts";
import { observePipeline, scopeOf } from "./observe-pipeline.ts";
import { pipelineStatus } from "./pipeline-status.ts";
import { isDeleting, planPipeline } from "./plan-pipeline.ts";

export class PipelineReconciler {
  readonly #context: Context;
  readonly #writer: ChildWriter;
  readonly #status: StatusWriter<PipelineObject>;
  /** By uid. */
  readonly #projections = new Map<string, ProjectionMemory>();

  constructor(context: Context) {
    this.#context = context;
    this.#writer = new ChildWriter(context);
    this.#status = new StatusWriter(pipelines, ["jobs", "drainingRevisions"], context);
  }

  async reconcile(key: ObjectKey): Promise<Outcome> {
    const found = this.#context.informers.pipelines.get(key);
    if (found === undefined) return this.#forget(key);
    if (isDeleting(found)) return cleanUp(this.#context, pipelines, found);
    const pipeline = await withFinalizer(this.#context, pipelines, found);
    const { view, projected } = await observePipeline(this.#context, pipeline);
    const plan = planPipeline(view, this.#facts(pipeline));
    await applyPipeline(this.#context, this.#writer, pipeline, { view, plan });
    await this.#project(pipeline, plan, projected);
    const laterMs = await this.#status.write(pipeline, pipelineStatus(view, plan));
    return laterMs === null ? { kind: "settled" } : { kind: "again", afterMs: laterMs, why: "counters" };
  }

  #facts(pipeline: Stored<PipelineObject>): Parameters<typeof planPipeline>[1] {
    const { installation, credentials } = this.#context;
    const credentialsSecret = (group: string): string | null =>
      credentials.kind === "none" ? null : credentialsSecretName({ pipeline: pipeline.metadata.name, group });
    return { installation, credentialsSecret };
  }

  async #project(
    pipeline: Stored<PipelineObject>,
    plan: ReturnType<typeof planPipeline>,
    seen: Projected | null,
  ): Promise<void> {
    const { bus, connection } = this.#context.nats;
    if (bus === null || seen === null) return;
    const { uid } = pipeline.metadata;
    const before = { connection, memory: this.#projections.get(uid), seen };
    this.#projections.set(uid, await projectPipeline(bus, scopeOf(pipeline), plan, before));
  }

  #forget(key: ObjectKey): Outcome {
    this.#status.forget(keyText(key));
    const living = new Set(this.#context.informers.pipelines.list().map(({ metadata }) => metadata.uid));
    for (const uid of this.#projections.keys()) {
      if (living.has(uid)) continue;
      this.#projections.delete(uid);
      this.#context.durability.forget(uid);
    }
    return { kind: "settled" };
  }
}
