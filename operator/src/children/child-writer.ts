/** Applies and deletes children, each once. */
import type { Clock } from "../context.ts";
import type { Informers } from "../informers.ts";
import { keyOf, keyText, type Informer, type KubeClient, type KubeObject, type ObjectKey } from "../kube/index.ts";
import type { Child } from "./child.ts";
import { resourceOfKind } from "./child-kinds.ts";
import { textAt } from "./read.ts";
import { RecentWrites } from "./recent-writes.ts";

export interface ChildWriterParts {
  readonly client: KubeClient;
  readonly informers: Informers;
  readonly clock: Clock;
}

export class ChildWriter {
  readonly #client: KubeClient;
  readonly #clock: Clock;
  readonly #recent = new RecentWrites();

  constructor({ client, informers, clock }: ChildWriterParts) {
    this.#client = client;
    this.#clock = clock;
    this.#follow(informers.configMaps);
    this.#follow(informers.deployments);
    this.#follow(informers.disruptionBudgets);
    this.#follow(informers.groups);
    this.#follow(informers.revisions);
    this.#follow(informers.secrets);
  }

  #follow<T extends KubeObject>(informer: Informer<T>): void {
    const { kind } = informer.resource;
    informer.onChange(({ object }) => {
      this.#recent.forget(keyOfChild(kind, keyOf(object)));
    });
  }

  /**
   * @param observed what the cache shows of it
   * @param identity what tells this content from another; @default the child itself
   */
  async apply(child: Child, observed: unknown, fieldManager?: string, identity: unknown = child): Promise<void> {
    const resource = resourceOfKind(child.kind);
    await this.#once({ key: keyOfChild(child.kind, child.metadata), observed, content: identity }, async () =>
      this.#client.apply(resource, child, fieldManager === undefined ? {} : { fieldManager }),
    );
  }

  async patch(kind: string, name: ObjectKey, body: object, observed: unknown): Promise<void> {
    await this.#once({ key: keyOfChild(kind, name), observed, content: body }, async () =>
      this.#client.patch(resourceOfKind(kind), name, { type: "merge", body }),
    );
  }

  async delete(kind: string, name: ObjectKey): Promise<void> {
    await this.#client.delete(resourceOfKind(kind), name);
    this.#recent.forget(keyOfChild(kind, name));
  }

  async #once(
    { key, observed, content }: { readonly key: string; readonly observed: unknown; readonly content: unknown },
    write: () => Promise<{ readonly metadata: { readonly resourceVersion: string } }>,
  ): Promise<void> {
    const before = versionOf(observed);
    const nowMs = this.#clock.nowMs();
    if (this.#recent.has(key, before, content, nowMs)) return;
    this.#recent.begin(key, before, content, nowMs);
    try {
      const written = await write();
      this.#recent.end(key, written.metadata.resourceVersion);
    } catch (error) {
      this.#recent.forget(key);
      throw error;
    }
  }
}

function keyOfChild(kind: string, { namespace, name }: ObjectKey): string {
  return `${kind} ${keyText({ namespace, name })}`;
}

function versionOf(observed: unknown): string | undefined {
  const version = textAt(observed, "metadata", "resourceVersion");
  return version === "" ? undefined : version;
}
