/** A real control plane, a real nats-server, and an operator that works on both. There is no kubelet: tests say how pods are. */
import type { KubeConfig } from "@kubernetes/client-node";
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { PipelineSpec, GroupManifestSpec } from "@troupe/model";
import type { OperatorConfig } from "../../../operator/src/config.ts";
import {
  deployments,
  KubeClient,
  namespaces,
  pods,
  type ConfigMap,
  configMaps,
  type Deployment,
  type Pod,
  type Stored,
} from "../../../operator/src/kube/index.ts";
import type { Log } from "../../../operator/src/log.ts";
import { runOperator } from "../../../operator/src/operator.ts";
import { groups, pipelines, type GroupObject, type PipelineObject } from "../../../operator/src/resources.ts";
import { startControlPlane, type ControlPlane, type ControlPlaneOptions } from "../../support/control-plane.ts";
import { eventually } from "../../support/eventually.ts";
import { testNats, type TestNats } from "../../support/nats.ts";
import { grantRights, RELEASE } from "./rights.ts";

const CRDS = resolve(import.meta.dirname, "../../../crds");
const USER = "a-user";

export interface World {
  readonly plane: ControlPlane;
  readonly nats: TestNats;
  /** The administrator's. */
  readonly client: KubeClient;
  /** File of the configuration by which operators reach the API server: as the chart's account, with the rights that the chart gives it. */
  readonly kubeconfig: string;
  /** Of that account. */
  readonly token: string;
  /** What the operator has logged as a warning or worse. */
  readonly complaints: string[];
  /** Runs an operator in this process until it is disposed of. @param aheadMs how far its clock is ahead; @default 0 */
  startOperator(settings?: Partial<OperatorConfig>, aheadMs?: number): Promise<AsyncDisposable>;
}

export interface WorldOptions extends ControlPlaneOptions {
  /** Of the chart from which the operator has its rights, as `--set-json` has them. */
  readonly values?: Readonly<Record<string, unknown>>;
}

export async function startWorld(options: WorldOptions = {}): Promise<World & AsyncDisposable> {
  const { values, ...planeOptions } = options;
  const [plane, nats] = await Promise.all([
    startControlPlane({ controllers: true, audit: true, crds: CRDS, ...planeOptions }),
    testNats(),
  ]);
  const client = KubeClient.for(plane.config(), "test");
  const token = await grantRights(client, values);
  const kubeConfig = plane.config({ token });
  const kubeconfig = join(dirname(plane.kubeconfig), "operator.conf");
  await writeFile(kubeconfig, kubeConfig.exportConfig());
  const complaints: string[] = [];
  return {
    plane,
    nats,
    client,
    kubeconfig,
    token,
    complaints,
    startOperator: async (settings, aheadMs = 0) =>
      startOperator(kubeConfig, configOf(nats.url, settings), { complaints, aheadMs }),
    [Symbol.asyncDispose]: async () => {
      client.close();
      await nats[Symbol.asyncDispose]();
      await plane[Symbol.asyncDispose]();
    },
  };
}

export function configOf(natsUrl: string, settings: Partial<OperatorConfig> = {}): OperatorConfig {
  return {
    natsUrl,
    credentialsFolder: undefined,
    natsCaFile: undefined,
    natsStore: "synced",
    natsMonitorUrls: [],
    streamReplicas: 1,
    namespaces: undefined,
    ownNamespace: RELEASE.namespace,
    identity: `operator-${randomBytes(4).toString("hex")}`,
    lease: undefined,
    resyncMs: 600_000,
    watchMs: 30_000,
    healthPort: 0,
    logLevel: "info",
    installation: {
      runtimeImage: "troupe.test/runtime:1",
      imagePullPolicy: null,
      imagePullSecrets: [],
      natsUrl,
      gpuResource: "nvidia.com/gpu",
      gpuSlices: null,
      drainSeconds: 30,
      logLevel: "info",
    },
    ...settings,
  };
}

async function startOperator(
  kubeConfig: KubeConfig,
  config: OperatorConfig,
  { complaints, aheadMs }: { readonly complaints: string[]; readonly aheadMs: number },
): Promise<AsyncDisposable> {
  const abort = new AbortController();
  const started = Promise.withResolvers<undefined>();
  const running = runOperator(
    {
      config,
      kubeConfig,
      clock: { nowMs: () => Date.now() + aheadMs, random: () => randomBytes(32) },
      log: collectingLog(complaints),
      onStarted: () => {
        started.resolve(undefined);
      },
    },
    abort.signal,
  );
  await Promise.race([started.promise, running.then(() => undefined)]);
  return {
    [Symbol.asyncDispose]: async () => {
      abort.abort();
      await running;
    },
  };
}

function collectingLog(complaints: string[]): Log {
  const verbose = process.env["TROUPE_TEST_VERBOSE"] === "1";
  const take =
    (level: string) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
      const text = `${level} ${message} ${JSON.stringify(fields)}`;
      if (level === "warn" || level === "error") complaints.push(text);
      if (verbose) process.stderr.write(`${text}\n`);
    };
  return { debug: take("debug"), info: take("info"), warn: take("warn"), error: take("error") };
}

/** One namespace of a world, and what a user does there. */
export class Place {
  readonly namespace: string;
  readonly #world: World;

  constructor(world: World, namespace: string) {
    this.#world = world;
    this.namespace = namespace;
  }

  static async in(world: World): Promise<Place> {
    const name = `test-${randomBytes(4).toString("hex")}`;
    await world.client.create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
    return new Place(world, name);
  }

  async applyPipeline(name: string, spec: PipelineSpec): Promise<Stored<PipelineObject>> {
    const metadata = { name, namespace: this.namespace };
    return this.#world.client.apply(
      pipelines,
      { apiVersion: "troupe.dev/v1alpha1", kind: "Pipeline", metadata, spec },
      { fieldManager: USER },
    );
  }

  async applyGroup(name: string, spec: GroupManifestSpec): Promise<Stored<GroupObject>> {
    const metadata = { name, namespace: this.namespace };
    return this.#world.client.apply(
      groups,
      { apiVersion: "troupe.dev/v1alpha1", kind: "Group", metadata, spec },
      { fieldManager: USER },
    );
  }

  async applyModules(name: string, data: Record<string, string>): Promise<Stored<ConfigMap>> {
    const metadata = { name, namespace: this.namespace };
    return this.#world.client.apply(
      configMaps,
      { apiVersion: "v1", kind: "ConfigMap", metadata, data },
      { fieldManager: USER },
    );
  }

  async pipeline(name: string): Promise<Stored<PipelineObject> | undefined> {
    return this.#world.client.find(pipelines, { namespace: this.namespace, name });
  }

  async group(name: string): Promise<Stored<GroupObject> | undefined> {
    return this.#world.client.find(groups, { namespace: this.namespace, name });
  }

  async groups(): Promise<readonly Stored<GroupObject>[]> {
    return byName((await this.#world.client.list(groups, { namespace: this.namespace })).items);
  }

  async deployments(): Promise<readonly Stored<Deployment>[]> {
    return byName((await this.#world.client.list(deployments, { namespace: this.namespace })).items);
  }

  /** Those that are not on their way out. */
  async pods(labelSelector?: string): Promise<readonly Stored<Pod>[]> {
    const found = await this.#world.client.list(pods, { namespace: this.namespace, labelSelector });
    return byName(found.items.filter(({ metadata }) => metadata.deletionTimestamp === undefined));
  }

  /** As a kubelet does. */
  async setPodStatus(name: string, status: object): Promise<void> {
    await this.#world.client.patch(
      pods,
      { namespace: this.namespace, name },
      { type: "merge", body: { status } },
      { subresource: "status" },
    );
  }

  /** Has all pods that match be ready, as soon as they are there. */
  async readyPods(labelSelector: string, count: number): Promise<void> {
    await eventually(
      `${count} pods of ${labelSelector}`,
      async () => (await this.pods(labelSelector)).length === count,
    );
    for (const pod of await this.pods(labelSelector)) await this.setPodStatus(pod.metadata.name, READY);
  }

  /** Has all pods that match be ready, and those that come, until the returned function is called. */
  keepPodsReady(labelSelector: string): () => void {
    const timer = setInterval(() => {
      void this.#readyNow(labelSelector).catch(() => undefined); // pods go, and worlds end
    }, 200).unref(); // a test that fails does not stop it
    return () => {
      clearInterval(timer);
    };
  }

  async #readyNow(labelSelector: string): Promise<void> {
    for (const { metadata, status } of await this.pods(labelSelector))
      if (status?.phase !== "Running") await this.setPodStatus(metadata.name, READY);
  }

  /** The condition of a Pipeline or Group as `status reason`. */
  async condition(kind: "pipeline" | "group", name: string, type: string): Promise<string> {
    const object = kind === "pipeline" ? await this.pipeline(name) : await this.group(name);
    const found = object?.status?.conditions.find((condition) => condition.type === type);
    return found === undefined ? "" : `${found.status} ${found.reason}`;
  }

  /** Waits until a condition is `status reason`. */
  async until(kind: "pipeline" | "group", name: string, type: string, expected: string): Promise<void> {
    let last = "";
    const what = (): string => `${kind} ${name} is ${type}=${expected}; it is ${last}`;
    try {
      await eventually("", async () => (last = await this.condition(kind, name, type)) === expected);
    } catch {
      throw new Error(`waited in vain until ${what()}`);
    }
  }
}

export const READY = {
  phase: "Running",
  conditions: [
    { type: "PodScheduled", status: "True" },
    { type: "Ready", status: "True" },
  ],
};

function byName<T extends { readonly metadata: { readonly name: string } }>(items: readonly T[]): T[] {
  return items.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}
