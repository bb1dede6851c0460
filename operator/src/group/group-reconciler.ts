/**
 * Visits Groups: observe → decide → apply → status.
 *
 *   observe-group.ts     gathers a view            group-role.ts  what the group is
 *   plan-group.ts        decides (pure)            rollout.ts, wanted-replicas.ts, autoscale.ts, retire.ts, deletion-cost.ts
 *   apply-group.ts       does what was decided     deployment.ts, pod-template.ts, disruption-budget.ts, group-credentials.ts
 *   group-status.ts      says how it is (pure)     group-verdicts.ts, waiting-cause.ts
 */
import { projectGroup } from "@troupe/protocol";
import { ChildWriter } from "../children/child-writer.ts";
import { credentialsSecretName } from "../children/credentials-name.ts";
import { natsCaName } from "../children/names.ts";
import { StatusWriter } from "../children/status-writer.ts";
import type { Context } from "../context.ts";
import { keyText, type ObjectKey, type Outcome, type Stored } from "../kube/index.ts";
import { groups, type GroupObject } from "../resources.ts";
import { applyGroup } from "./apply-group.ts";
import { cleanUp, withFinalizer } from "../pipeline/clean-up.ts";
import { copySource } from "../pipeline/copy-source.ts";
import { credentialsIdentity, dueCredentials } from "./group-credentials.ts";
import type { GroupView } from "./group-view.ts";
import { groupStatus } from "./group-status.ts";
import { dueNatsCa } from "./nats-ca.ts";
import { observeGroup, type GroupScene } from "./observe-group.ts";
import { planGroup, type GroupPlan } from "./plan-group.ts";
import type { AutoscaleMemory } from "./wanted-replicas.ts";

export class GroupReconciler {
  readonly #context: Context;
  readonly #writer: ChildWriter;
  readonly #status: StatusWriter<GroupObject>;
  readonly #memories = new Map<string, AutoscaleMemory>();

  constructor(context: Context) {
    this.#context = context;
    this.#writer = new ChildWriter(context);
    this.#status = new StatusWriter(groups, ["queued", "running"], context);
  }

  async reconcile(key: ObjectKey): Promise<Outcome> {
    const found = this.#context.informers.groups.get(key);
    if (found === undefined) return this.#forget(keyText(key));
    if (found.metadata.deletionTimestamp !== undefined) return cleanUp(this.#context, groups, found);
    const isFree = found.spec.pipelineRef === undefined;
    // A Group of a pipeline has nothing of its own in NATS.
    const group = isFree ? await withFinalizer(this.#context, groups, found) : found;
    const scene = await observeGroup(this.#context, group);
    const plan = planGroup(scene.view, this.#memories.get(keyText(key)) ?? null);
    await this.#prepare(scene, group);
    await applyGroup(this.#context, this.#writer, scene, plan);
    if (isFree) await this.#mark(scene, plan);
    if (plan.wanted.memory !== null) this.#memories.set(keyText(key), plan.wanted.memory);
    const statusMs = await this.#status.write(group, groupStatus(scene.view, plan));
    const moments = [plan.againAfterMs, statusMs].filter((moment) => moment !== null);
    if (moments.length === 0) return { kind: "settled" };
    return { kind: "again", afterMs: Math.max(100, Math.min(...moments)), why: "time decides" };
  }

  /** Tells the coordinators that there is such a Group, and what becomes of it. Waits until NATS is there. */
  async #mark({ view: { role }, scope, seen }: GroupScene, { wanted }: GroupPlan): Promise<void> {
    const { bus } = this.#context.nats;
    const { mark } = seen();
    if (bus === null || mark === null || role.kind === "idle") return;
    const isAutoscaled = role.settings.autoscale !== undefined;
    await projectGroup(bus, scope, { replicas: wanted.count, isAutoscaled }, mark);
  }

  /** What its pods mount, before there are pods. */
  async #prepare({ view, scope }: GroupScene, group: Stored<GroupObject>): Promise<void> {
    const { informers, credentials, clock } = this.#context;
    const { namespace } = view.name;
    if (view.role.kind === "idle" || view.role.current === null) return;
    await copySource(this.#context, this.#writer, group);
    await this.#passNatsCa(view);
    const secret = { namespace, name: credentialsSecretName(view.name) };
    const observed = informers.secrets.get(secret);
    const due = dueCredentials({ credentials, scope, name: view.name, owner: view.owner, observed, clock });
    // Its content is another at every making, so what was written a moment ago is told by what it was made for.
    if (due !== null) await this.#writer.apply(due, observed, undefined, credentialsIdentity(due));
  }

  async #passNatsCa({ name, owner }: GroupView): Promise<void> {
    const { informers, installation } = this.#context;
    const observed = informers.configMaps.get({ namespace: name.namespace, name: natsCaName(name) });
    const due = dueNatsCa({ natsCa: installation.natsCa, name, owner, observed });
    if (due !== null) await this.#writer.apply(due, observed);
  }

  #forget(key: string): Outcome {
    this.#memories.delete(key);
    this.#status.forget(key);
    return { kind: "settled" };
  }
}
