/** What is kept at the API server, as JSON carries it. What the server or a cache hands out is shared: nothing here can be assigned to. */

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/** Without `managedFields`, which no reader needs: informers drop it. */
export interface Metadata {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly finalizers?: readonly string[];
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
}

export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Metadata;
}

/** An object as the server keeps it: it has an identity and a version. */
export type Stored<T extends KubeObject> = T & {
  readonly metadata: Metadata & {
    readonly uid: string;
    readonly resourceVersion: string;
    readonly creationTimestamp: string;
  };
};

/**
 * A type of the client library as JSON has it. The library's types speak of what its serializer makes: times as `Date`, fields that are words of
 * JavaScript with an underscore before them (`_from`).
 */
export type Wire<T> = T extends Date
  ? string
  : T extends readonly (infer Item)[]
    ? readonly Wire<Item>[]
    : T extends object
      ? { readonly [K in keyof T as K extends `_${infer Word}` ? Word : K]: Wire<T[K]> }
      : T;

/** A kind that the client library has a class for, such as `WireObject<V1Deployment>`. */
export type WireObject<T> = KubeObject & Omit<Wire<T>, keyof KubeObject>;

/** What names an object within its kind. `namespace` is empty for what is in none. */
export interface ObjectKey {
  readonly namespace: string;
  readonly name: string;
}

export function keyOf({ metadata }: KubeObject): ObjectKey {
  return { namespace: metadata.namespace ?? "", name: metadata.name };
}

/** A key as one word, and as people write it: `namespace/name`, or the name alone. */
export function keyText({ namespace, name }: ObjectKey): string {
  return namespace === "" ? name : `${namespace}/${name}`;
}

/** Names hold no slash, so nothing is lost. */
export function keyFromText(text: string): ObjectKey {
  const slash = text.indexOf("/");
  return { namespace: slash < 0 ? "" : text.slice(0, slash), name: text.slice(slash + 1) };
}
