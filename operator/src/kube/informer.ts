/** A copy of all objects of a kind that follows the API server: a store that reflectors fill, one for each namespace that is looked at. */
import { type KubeClient } from "./client.ts";
import { type KubeObject, type ObjectKey, type Stored } from "./object.ts";
import { type Observe } from "./observation.ts";
import { reflect } from "./reflector.ts";
import { type Resource } from "./resource.ts";
import { Store, type Change } from "./store.ts";
import { type WatchEvent } from "./watch-event.ts";

export interface InformerOptions<T extends KubeObject> {
  readonly client: KubeClient;
  readonly resource: Resource<T>;
  /** @default all of the cluster */
  readonly namespaces?: readonly string[] | undefined;
  readonly labelSelector?: string | undefined;
  /** What is kept of an object. `managedFields` is dropped always. @default everything else */
  readonly transform?: ((object: Stored<T>) => Stored<T>) | undefined;
  readonly observe?: Observe | undefined;
  /** Longest time of one watch, hence for how long a dead connection can go unnoticed (plus 5 s). @default 30000 */
  readonly watchWindowMs?: number | undefined;
}

/** It can be behind, never wrong for long. */
export interface Informer<T extends KubeObject> extends AsyncDisposable {
  readonly resource: Resource<T>;
  /** Resolves when everything has been fetched once; rejects when it is stopped before. */
  readonly synced: Promise<void>;
  get(key: ObjectKey): Stored<T> | undefined;
  /** Of one namespace, or of all; in no particular order. */
  list(namespace?: string): readonly Stored<T>[];
  /** A lookup by what `valuesOf` says of an object, kept up to date. It must not throw. */
  index(valuesOf: (object: Stored<T>) => readonly string[]): (value: string) => readonly Stored<T>[];
  /**
   * Tells of every change, after the cache has it, beginning with an `added` for all that is there. Changes of one object come in order; several
   * may be told as one. @returns what ends it
   */
  onChange(handler: (change: Change<T>) => void): () => void;
  /** Resolves when nothing runs any more: no handler is called after that. */
  stop(): Promise<void>;
}

const WATCH_WINDOW_MS = 30_000;

/** Begins at once. */
export function startInformer<T extends KubeObject>(options: InformerOptions<T>): Informer<T> {
  return new RunningInformer(options);
}

class RunningInformer<T extends KubeObject> implements Informer<T> {
  readonly resource: Resource<T>;
  readonly synced: Promise<void>;
  readonly #transform: (object: Stored<T>) => Stored<T>;
  readonly #observe: Observe;
  readonly #store = new Store<T>();
  readonly #handlers = new Set<(change: Change<T>) => void>();
  readonly #abort = new AbortController();
  readonly #unsynced: Set<string>;
  readonly #sync = Promise.withResolvers<undefined>();
  readonly #ended: Promise<unknown>;

  constructor(options: InformerOptions<T>) {
    const { client, resource, labelSelector, watchWindowMs: windowMs = WATCH_WINDOW_MS } = options;
    this.resource = resource;
    this.synced = this.#sync.promise;
    this.#transform = options.transform ?? ((object) => object);
    this.#observe = options.observe ?? ((): undefined => undefined);
    this.#unsynced = new Set(options.namespaces ?? [""]);
    const runs = [...this.#unsynced].map((namespace) =>
      reflect(
        {
          client,
          resource,
          namespace,
          labelSelector,
          windowMs,
          observe: this.#observe,
          onList: (objects) => {
            this.#tell(this.#store.replace(namespace, objects.map(this.#keep)));
            this.#unsynced.delete(namespace);
            if (this.#unsynced.size === 0) this.#sync.resolve(undefined);
          },
          onEvent: (event) => {
            this.#tell(this.#take(event));
          },
        },
        this.#abort.signal,
      ),
    );
    if (runs.length === 0) this.#sync.resolve(undefined);
    this.#ended = Promise.all(runs);
    // Who does not wait for it need not hear that it never came.
    this.synced.catch(() => undefined);
  }

  get(key: ObjectKey): Stored<T> | undefined {
    return this.#store.get(key);
  }

  list(namespace?: string): readonly Stored<T>[] {
    return this.#store.list(namespace);
  }

  index(valuesOf: (object: Stored<T>) => readonly string[]): (value: string) => readonly Stored<T>[] {
    return this.#store.index(valuesOf);
  }

  onChange(handler: (change: Change<T>) => void): () => void {
    for (const object of this.#store.list()) this.#call(handler, { type: "added", object });
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    this.#handlers.clear();
    await this.#ended;
    this.#sync.reject(new Error(`the informer of ${this.resource.plural} was stopped before it had fetched them`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  readonly #keep = (object: Stored<T>): Stored<T> => this.#transform(withoutManagedFields(object));

  #take(event: Exclude<WatchEvent<T>, { readonly type: "bookmark" }>): readonly Change<T>[] {
    const object = this.#keep(event.object);
    return event.type === "deleted" ? this.#store.remove(object) : this.#store.put(object);
  }

  #tell(changes: readonly Change<T>[]): void {
    for (const change of changes) for (const handler of this.#handlers) this.#call(handler, change);
  }

  #call(handler: (change: Change<T>) => void, change: Change<T>): void {
    try {
      handler(change);
    } catch (error) {
      this.#observe({ type: "handler-failed", resource: this.resource.plural, error });
    }
  }
}

/** Half of an object's size, and nobody here reads it. */
function withoutManagedFields<T extends KubeObject>(object: Stored<T>): Stored<T> {
  if (!("managedFields" in object.metadata)) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
