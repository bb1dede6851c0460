/** Applies and deletes children, each once. */
import { keyText, type KubeClient } from "../kube/index.ts";
import type { Child } from "./child.ts";
import { resourceOfKind } from "./child-kinds.ts";
import { textAt } from "./read.ts";
import { RecentWrites } from "./recent-writes.ts";

export class ChildWriter {
  readonly #client: KubeClient;
  readonly #recent = new RecentWrites();

  constructor(client: KubeClient) {
    this.#client = client;
  }

  /** To be told of every child at every visit: what the cache shows of it, undefined when it shows none. */
  saw(kind: string, name: { readonly namespace: string; readonly name: string }, observed: unknown): void {
    this.#recent.saw(keyOfChild(kind, name), versionOf(observed));
  }

  /**
   * @param observed what the cache shows of it
   * @param identity what tells this content from another; @default the child itself
   */
  async apply(child: Child, observed: unknown, fieldManager?: string, identity: unknown = child): Promise<void> {
    const resource = resourceOfKind(child.kind);
    const key = keyOfChild(child.kind, child.metadata);
    const before = versionOf(observed);
    if (this.#recent.has(key, before, identity)) return;
    const written = await this.#client.apply(resource, child, fieldManager === undefined ? {} : { fieldManager });
    this.#recent.add(key, { before, after: written.metadata.resourceVersion }, identity);
  }

  async patch(
    kind: string,
    name: { readonly namespace: string; readonly name: string },
    body: object,
    observed?: unknown,
  ): Promise<void> {
    const key = keyOfChild(kind, name);
    const before = versionOf(observed);
    if (observed !== undefined && this.#recent.has(key, before, body)) return;
    const written = await this.#client.patch(resourceOfKind(kind), name, { type: "merge", body });
    this.#recent.add(key, { before, after: written.metadata.resourceVersion }, body);
  }

  async delete(kind: string, name: { readonly namespace: string; readonly name: string }): Promise<void> {
    await this.#client.delete(resourceOfKind(kind), name);
    this.#recent.forget(keyOfChild(kind, name));
  }
}

function keyOfChild(kind: string, key: { readonly namespace: string; readonly name: string }): string {
  return `${kind} ${keyText(key)}`;
}

function versionOf(observed: unknown): string | undefined {
  const version = textAt(observed, "metadata", "resourceVersion");
  return version === "" ? undefined : version;
}
