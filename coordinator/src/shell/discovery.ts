/** Takes part in every pipeline that there is, for as long as there is one. */
import { readCurrentRevision, scopeKey, watchPipelines, type Bus, type Scope } from "@troupe/protocol";
import type { Log } from "./log.ts";

/** A pipeline whose revisions could not be read is looked at again with the next list. */
export interface DiscoveryOptions {
  readonly bus: Bus;
  readonly log: Log;
  /** Pipelines of these namespaces only; undefined: of all. */
  readonly namespaces: readonly string[] | undefined;
  /** Takes part in the pipeline until it is disposed of. */
  readonly join: (scope: Scope) => AsyncDisposable;
}

/** The same complaint is logged at most this often. */
const COMPLAIN_MS = 30_000;

export class Discovery implements AsyncDisposable {
  readonly #options: DiscoveryOptions;
  readonly #watch: Disposable;
  /** Null: it is being looked whether there is such a pipeline. */
  readonly #joined = new Map<string, { readonly scope: Scope; readonly part: AsyncDisposable | null }>();
  /** What is being left. */
  readonly #leaving = new Map<string, Promise<void>>();
  #isOver = false;
  #complainedAt = -Infinity;

  constructor(options: DiscoveryOptions) {
    this.#options = options;
    this.#watch = watchPipelines(options.bus, {
      namespaces: options.namespaces,
      onList: (scopes) => {
        this.#listed(scopes);
      },
      onDeleted: (scope) => {
        this.#leave(scopeKey(scope));
      },
      onError: (error) => {
        this.#complain("the pipelines could not be listed; it is tried again", error);
      },
    });
  }

  /** Pipelines that this coordinator takes part in. */
  get size(): number {
    return this.#joined.size;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    this.#watch[Symbol.dispose]();
    for (const key of [...this.#joined.keys()]) this.#leave(key);
    await Promise.all(this.#leaving.values());
  }

  #listed(scopes: readonly Scope[]): void {
    const listed = new Set(scopes.map(scopeKey));
    for (const key of [...this.#joined.keys()]) if (!listed.has(key)) this.#leave(key);
    for (const scope of scopes) if (!this.#joined.has(scopeKey(scope))) void this.#look(scope);
  }

  /** A deleted pipeline's key may be there a little longer, without a value. */
  async #look(scope: Scope): Promise<void> {
    const key = scopeKey(scope);
    this.#joined.set(key, { scope, part: null });
    try {
      await this.#leaving.get(key);
      const id = await readCurrentRevision(this.#options.bus, scope);
      if (this.#isOver || this.#joined.get(key)?.part !== null) return;
      if (id === null) this.#joined.delete(key);
      else this.#join(scope);
    } catch (error) {
      this.#joined.delete(key);
      this.#complain("the revision of a pipeline could not be read; it is tried again", error);
    }
  }

  #join(scope: Scope): void {
    const { log, join } = this.#options;
    log.info("found a pipeline", { namespace: scope.namespace, pipeline: scope.pipeline, uid: scope.uid });
    this.#joined.set(scopeKey(scope), { scope, part: join(scope) });
  }

  #leave(key: string): void {
    const { log } = this.#options;
    const joined = this.#joined.get(key);
    if (joined === undefined) return;
    this.#joined.delete(key);
    if (joined.part === null) return;
    const { namespace, pipeline, uid } = joined.scope;
    log.info("leaves a pipeline", { namespace, pipeline, uid });
    this.#leaving.set(key, this.#left(key, joined.part, pipeline));
  }

  async #left(key: string, part: AsyncDisposable, pipeline: string): Promise<void> {
    try {
      await part[Symbol.asyncDispose]();
    } catch (error) {
      this.#options.log.error("a pipeline could not be left in good order", { pipeline, error: String(error) });
    }
    this.#leaving.delete(key);
  }

  #complain(message: string, error: unknown): void {
    const now = performance.now();
    if (now - this.#complainedAt < COMPLAIN_MS) return;
    this.#complainedAt = now;
    this.#options.log.warn(message, { error: error instanceof Error ? error.message : String(error) });
  }
}
