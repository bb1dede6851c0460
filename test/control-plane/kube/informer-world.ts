/** An informer of the ConfigMaps of a namespace behind a proxy that can spoil things, and what it told. */
import { type ExecutionContext } from "ava";
import { keyOf, keyText } from "../../../operator/src/kube/index.ts";
import {
  configMaps,
  KubeClient,
  startInformer,
  type Change,
  type ConfigMap,
  type Informer,
  type InformerOptions,
  type Observation,
} from "../../../operator/src/kube/index.ts";
import { configMap } from "./config-map.ts";
import { startApiProxy, type ApiProxy } from "../../support/api-proxy.ts";
import { type ControlPlane } from "../../support/control-plane.ts";
import { eventually } from "../../support/eventually.ts";

/** An outage may have made it wait for ten seconds between two tries, and the machine may be busy. */
export const LIMIT_MS = 90_000;

export interface World extends AsyncDisposable {
  readonly namespace: string;
  readonly proxy: ApiProxy;
  /** Through the proxy. */
  readonly client: KubeClient;
  /** Past the proxy. */
  readonly direct: KubeClient;
  readonly informer: Informer<ConfigMap>;
  readonly observations: readonly Observation[];
  /** The changes that it told, as `added a`. */
  readonly told: readonly string[];
  readonly lists: number;
  readonly failures: readonly Extract<Observation, { type: "watch-failed" }>[];
  put(name: string, value: string): Promise<void>;
  remove(name: string): Promise<void>;
  /** Waits until it has exactly what the server has, in every version, and what it told adds up to that. */
  converges(t: ExecutionContext): Promise<void>;
}

export async function startWorld(
  plane: ControlPlane,
  options: Partial<InformerOptions<ConfigMap>> = {},
): Promise<World> {
  const namespace = await plane.namespace();
  const proxy = await startApiProxy(plane);
  const client = KubeClient.for(plane.config({ url: proxy.url }), "test");
  const direct = KubeClient.for(plane.config(), "test");
  const observations: Observation[] = [];
  const informer = startInformer({
    client,
    resource: configMaps,
    namespaces: [namespace],
    observe: (observation) => observations.push(observation),
    ...options,
  });
  const ledger = new Ledger();
  informer.onChange((change) => {
    ledger.take(change);
  });
  return {
    namespace,
    proxy,
    client,
    direct,
    informer,
    observations,
    told: ledger.told,
    get lists() {
      return observations.filter(({ type }) => type === "listed").length;
    },
    get failures() {
      return observations.filter((observation) => observation.type === "watch-failed");
    },
    put: async (name, value) => {
      await direct.apply(configMaps, configMap(namespace, name, { value }));
    },
    remove: async (name) => {
      await direct.delete(configMaps, { namespace, name });
    },
    converges: async (t) => {
      const server = versions((await direct.list(configMaps, { namespace })).items);
      try {
        await eventually(
          "the informer has what the server has",
          () => {
            return JSON.stringify(versions(informer.list())) === JSON.stringify(server);
          },
          LIMIT_MS,
        );
      } catch {
        t.log(observations.slice(-10));
      }
      t.deepEqual(versions(informer.list()), server);
      t.deepEqual(ledger.versions, server, "what was told adds up to it");
      t.deepEqual(ledger.wrong, []);
    },
    [Symbol.asyncDispose]: async () => {
      await informer.stop();
      client.close();
      direct.close();
      await proxy[Symbol.asyncDispose]();
    },
  };
}

function versions(objects: readonly ConfigMap[]): string[] {
  return objects.map((object) => `${keyText(keyOf(object))} ${object.metadata.resourceVersion ?? ""}`).sort();
}

/** Adds up changes, and notes those that do not fit what was told before. */
class Ledger {
  readonly told: string[] = [];
  readonly wrong: string[] = [];
  readonly #present = new Map<string, ConfigMap>();

  get versions(): string[] {
    return versions([...this.#present.values()]);
  }

  take(change: Change<ConfigMap>): void {
    const name = keyText(keyOf(change.object));
    const before = this.#present.get(name);
    this.told.push(`${change.type} ${change.object.metadata.name}`);
    const isNew = change.type === "added";
    const fits = change.type === "changed" ? before === change.before : (before === undefined) === isNew;
    const sameVersion =
      !isNew &&
      change.type !== "deleted" &&
      before?.metadata.resourceVersion === change.object.metadata.resourceVersion;
    if (!fits || sameVersion) this.wrong.push(`${change.type} ${name}`);
    if (change.type === "deleted") this.#present.delete(name);
    else this.#present.set(name, change.object);
  }
}
