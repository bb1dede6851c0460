/** What has to happen before the operator goes, in the order in which it has to. */
import {
  deployments,
  isNotFound,
  keyOf,
  keyText,
  pods,
  resource,
  secrets,
  type KubeClient,
  type KubeObject,
  type Pod,
  type Resource,
} from "../kube/index.ts";
import { setTimeout as delay } from "node:timers/promises";
import { finalizersWithoutOurs } from "./finalizers.ts";

export interface Uninstalling {
  readonly client: KubeClient;
  /** Namespace of the release. */
  readonly namespace: string;
  /** Namespaces whose Pipelines this operator runs; null: all. */
  readonly watched: readonly string[] | null;
  readonly log: (message: string) => void;
}

const POLL_MS = 500;

const KINDS = [kind("Pipeline", "pipelines"), kind("Group", "groups")] as const;

function kind(name: string, plural: string): Resource<KubeObject> {
  return resource<KubeObject>({ apiVersion: "troupe.dev/v1alpha1", kind: name, plural, namespaced: true });
}

/** Deletes all Pipelines and Groups, and waits until the operator has cleaned up behind them. @returns what is still there after the time. */
export async function deleteAll(at: Uninstalling, timeoutMs: number): Promise<readonly string[]> {
  const until = performance.now() + timeoutMs;
  for (const each of KINDS) {
    for (const object of await all(at, each)) {
      if (object.metadata.deletionTimestamp === undefined) await at.client.delete(each, keyOf(object));
      at.log(`deleting ${each.kind} ${keyText(keyOf(object))}`);
    }
  }
  for (;;) {
    const left = (await Promise.all(KINDS.map(async (each) => all(at, each)))).flat();
    if (left.length === 0 || performance.now() > until)
      return left.map((object) => `${object.kind} ${keyText(keyOf(object))}`);
    await delay(POLL_MS);
  }
}

export interface StopOptions {
  /** The operator's. */
  readonly deployment: string;
  /** Of its pods. */
  readonly selector: string;
  /** How long to wait for them. */
  readonly timeoutMs: number;
}

/**
 * Scales the operator to nothing, and waits until no pod of it can write any more. A pod that has ended may stay for long (an evicted one does).
 * @throws when one does not end within the time
 */
export async function stopOperator(at: Uninstalling, { deployment, selector, timeoutMs }: StopOptions): Promise<void> {
  const key = { namespace: at.namespace, name: deployment };
  try {
    await at.client.patch(deployments, key, { type: "merge", body: { spec: { replicas: 0 } } });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  const until = performance.now() + timeoutMs;
  for (;;) {
    const { items } = await at.client.list(pods, { namespace: at.namespace, labelSelector: selector });
    const alive = items.filter(({ status }) => status?.phase !== "Failed" && status?.phase !== "Succeeded");
    if (alive.length === 0) break;
    if (performance.now() > until) throw new Error(notEnded(at.namespace, alive, timeoutMs));
    await delay(POLL_MS);
  }
  at.log("the operator has ended");
}

function notEnded(namespace: string, alive: readonly Pod[], timeoutMs: number): string {
  const names = alive.map(({ metadata }) => metadata.name).join(" ");
  const each = alive.map(({ metadata, status }) => `${metadata.name} (${status?.phase ?? "Unknown"})`).join(", ");
  return (
    `the operator has not ended within ${timeoutMs / 1000} s: ${each}. As long as it may write, its finalizers could come back. ` +
    `Where its node is gone for good, run \`kubectl delete pod --force ${names} --namespace ${namespace}\`; then uninstall again.`
  );
}

/** Takes the operator's finalizers off, so that what stays can be deleted later, by whoever wants to. */
export async function releaseAll(at: Uninstalling): Promise<void> {
  for (const each of KINDS) {
    for (const object of await all(at, each)) {
      const finalizers = finalizersWithoutOurs(object.metadata.finalizers);
      if (finalizers === null) continue;
      const body = { metadata: { finalizers } };
      await at.client.patch(each, keyOf(object), { type: "merge", body });
      at.log(`${each.kind} ${keyText(keyOf(object))} stays, and can be deleted without the operator`);
    }
  }
}

export async function deleteSecrets(at: Uninstalling, names: readonly string[]): Promise<void> {
  for (const name of names) await at.client.delete(secrets, { namespace: at.namespace, name });
}

async function all(at: Uninstalling, each: Resource<KubeObject>): Promise<readonly KubeObject[]> {
  try {
    if (at.watched === null) return (await at.client.list(each)).items;
    const lists = await Promise.all(at.watched.map(async (namespace) => at.client.list(each, { namespace })));
    return lists.flatMap(({ items }) => items);
  } catch (error) {
    // The CRDs were deleted by hand.
    if (isNotFound(error)) return [];
    throw error;
  }
}
