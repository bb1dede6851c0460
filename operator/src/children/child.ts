/**
 * What the operator makes: objects with deterministic names, an owner and one field manager. A child is plain JSON and holds every field
 * that the operator cares about, for it is applied as a whole.
 */
import type { OwnerReference } from "../kube/index.ts";
import { differs } from "./differs.ts";
import { hash8 } from "./names.ts";

/** An object to be applied. */
export interface Child {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ChildMeta;
  readonly [field: string]: unknown;
}

export interface ChildMeta {
  readonly name: string;
  readonly namespace: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
  /** Given: the write is refused when the object has changed since. */
  readonly resourceVersion?: string;
}

/** Who is deleted together with its children. */
export interface Owner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

/** Hash of what was applied last: without it, a field that is no longer set would stay as it was. */
const APPLIED_ANNOTATION = "troupe.dev/applied";

/** The reference of a controlling owner: garbage collection takes the child when the owner goes. */
export function ownerReference({ apiVersion, kind, name, uid }: Owner): OwnerReference {
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true };
}

/** The child with the hash of its fields, as it is applied. */
export function signed(child: Child): Child {
  const { metadata } = child;
  const annotations = { ...metadata.annotations, [APPLIED_ANNOTATION]: hash8(child) };
  return { ...child, metadata: { ...metadata, annotations } };
}

/** Whether the (signed) child has to be applied. */
export function needsApply(child: Child, observed: unknown): boolean {
  return observed === undefined || differs(child, observed);
}
