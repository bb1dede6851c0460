/** The objects of a kind by key, with lookups; says of everything that it is told what changed by it. */
import { type KubeObject, type ObjectKey, type Stored, keyOf, keyText } from "./object.ts";

export type Change<T extends KubeObject> =
  | { readonly type: "added"; readonly object: Stored<T> }
  | { readonly type: "changed"; readonly object: Stored<T>; readonly before: Stored<T> }
  | { readonly type: "deleted"; readonly object: Stored<T> };

type ValuesOf<T extends KubeObject> = (object: Stored<T>) => readonly string[];

export class Store<T extends KubeObject> {
  readonly #objects = new Map<string, Stored<T>>();
  readonly #indexes: StoreIndex<T>[] = [];

  get(key: ObjectKey): Stored<T> | undefined {
    return this.#objects.get(keyText(key));
  }

  list(namespace?: string): readonly Stored<T>[] {
    const all = [...this.#objects.values()];
    return namespace === undefined ? all : all.filter(({ metadata }) => metadata.namespace === namespace);
  }

  index(valuesOf: ValuesOf<T>): (value: string) => readonly Stored<T>[] {
    const index = new StoreIndex(valuesOf);
    for (const object of this.#objects.values()) index.add(object);
    this.#indexes.push(index);
    return (value) => index.lookup(value);
  }

  /** An object as it is now. Nothing changed when this version is known. */
  put(object: Stored<T>): readonly Change<T>[] {
    const before = this.get(keyOf(object));
    if (before === undefined) return [this.#add(object)];
    if (before.metadata.uid !== object.metadata.uid) return [...this.remove(before), this.#add(object)];
    if (before.metadata.resourceVersion === object.metadata.resourceVersion) return [];
    this.#forget(before);
    this.#add(object);
    return [{ type: "changed", object, before }];
  }

  /** An object as it was at its end. */
  remove(object: Stored<T>): readonly Change<T>[] {
    const before = this.get(keyOf(object));
    if (before === undefined) return [];
    this.#forget(before);
    return [{ type: "deleted", object }];
  }

  /** All that there is now in a namespace; in all of them when it is empty. */
  replace(namespace: string, objects: readonly Stored<T>[]): readonly Change<T>[] {
    const present = new Set(objects.map((object) => keyText(keyOf(object))));
    const known = this.list(namespace === "" ? undefined : namespace);
    const gone = known.filter((object) => !present.has(keyText(keyOf(object))));
    return [...gone.flatMap((object) => this.remove(object)), ...objects.flatMap((object) => this.put(object))];
  }

  #add(object: Stored<T>): Change<T> {
    this.#objects.set(keyText(keyOf(object)), object);
    for (const index of this.#indexes) index.add(object);
    return { type: "added", object };
  }

  #forget(object: Stored<T>): void {
    this.#objects.delete(keyText(keyOf(object)));
    for (const index of this.#indexes) index.remove(object);
  }
}

class StoreIndex<T extends KubeObject> {
  readonly #valuesOf: ValuesOf<T>;
  readonly #objects = new Map<string, Set<Stored<T>>>();
  /** What an object was filed under: `valuesOf` is asked once for each version, whatever it would say later. */
  readonly #values = new Map<Stored<T>, readonly string[]>();

  constructor(valuesOf: ValuesOf<T>) {
    this.#valuesOf = valuesOf;
  }

  lookup(value: string): readonly Stored<T>[] {
    return [...(this.#objects.get(value) ?? [])];
  }

  add(object: Stored<T>): void {
    const values = this.#valuesOf(object);
    this.#values.set(object, values);
    for (const value of values) {
      const found = this.#objects.get(value);
      if (found === undefined) this.#objects.set(value, new Set([object]));
      else found.add(object);
    }
  }

  remove(object: Stored<T>): void {
    for (const value of this.#values.get(object) ?? []) {
      const found = this.#objects.get(value);
      found?.delete(object);
      if (found?.size === 0) this.#objects.delete(value);
    }
    this.#values.delete(object);
  }
}
