import { type KubeClient } from "./client.ts";
import { type KubeObject, type ObjectKey, type Stored } from "./object.ts";
import { type Observe } from "./observation.ts";
import { type Resource } from "./resource.ts";

export type Change<T extends KubeObject> =
  | { readonly type: "added"; readonly object: Stored<T> }
  | { readonly type: "changed"; readonly object: Stored<T>; readonly before: Stored<T> }
  | { readonly type: "deleted"; readonly object: Stored<T> };

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

/** A copy of all objects of a kind that follows the API server, whatever happens on the way. It can be behind, never wrong for long. */
export interface Informer<T extends KubeObject> extends AsyncDisposable {
  readonly resource: Resource<T>;
  /** Resolves when everything has been fetched once; rejects when it is stopped before. */
  readonly synced: Promise<void>;
  get(key: ObjectKey): Stored<T> | undefined;
  /** Of one namespace, or of all; in no particular order. */
  list(namespace?: string): readonly Stored<T>[];
  /** A lookup by what `valuesOf` says of an object, kept up to date. */
  index(valuesOf: (object: Stored<T>) => readonly string[]): (value: string) => readonly Stored<T>[];
  /**
   * Tells of every change, after the cache has it, beginning with an `added` for all that is there. Changes of one object come in order; several
   * may be told as one. @returns what ends it
   */
  onChange(handler: (change: Change<T>) => void): () => void;
  /** Resolves when nothing runs any more: no handler is called after that. */
  stop(): Promise<void>;
}
