/**
 * Pipelines that ended while NATS was away, and what they left there. They stand in a ConfigMap, so that they are found again; nothing that does
 * not stand there is ever swept, for another cluster may use the same NATS.
 */
import { deletePipelineState, type Bus, type Scope } from "@troupe/protocol";
import { at } from "../children/read.ts";
import { isPlainObject } from "@troupe/model";
import { configMaps, type KubeClient } from "../kube/index.ts";

export interface Sweeper {
  /** Keeps a pipeline for the next sweep. */
  remember(scope: Scope): Promise<void>;
  /** Deletes what remembered pipelines have left. @returns how many there were */
  sweep(bus: Bus): Promise<number>;
}

export class ConfigMapSweeper implements Sweeper {
  readonly #client: KubeClient;
  readonly #key: { readonly namespace: string; readonly name: string };

  constructor(client: KubeClient, key: { readonly namespace: string; readonly name: string }) {
    this.#client = client;
    this.#key = key;
  }

  async remember(scope: Scope): Promise<void> {
    const { namespace, name } = this.#key;
    await this.#client.apply(
      configMaps,
      {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { namespace, name },
        data: { [scope.uid]: `${scope.namespace}/${scope.pipeline}` },
      },
      // A manager for each, so that one does not take the others' entries out.
      { fieldManager: `troupe-sweep-${scope.uid}` },
    );
  }

  async sweep(bus: Bus): Promise<number> {
    const found = await this.#client.find(configMaps, this.#key);
    const data = at(found, "data");
    const scopes = isPlainObject(data) ? Object.entries(data).flatMap(([uid, text]) => scopeOf(uid, text)) : [];
    for (const scope of scopes) {
      await deletePipelineState(bus, scope);
      const body = { data: { [scope.uid]: null } };
      await this.#client.patch(configMaps, this.#key, { type: "merge", body });
    }
    return scopes.length;
  }
}

function scopeOf(uid: string, text: unknown): Scope[] {
  const [namespace = "", pipeline = ""] = typeof text === "string" ? text.split("/") : [];
  return namespace === "" || pipeline === "" ? [] : [{ namespace, pipeline, uid }];
}
