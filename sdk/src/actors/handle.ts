/** Handles: what callers hold of an actor. */
import type { Scope } from "@troupe/protocol";
import type { SharedRef } from "./shared.ts";

/** Names an actor wherever the group is reached. */
export interface ActorRef {
  readonly id: string;
  readonly className: string;
  readonly scope: Scope;
  readonly maxTaskRetries: number;
}

type AnyMethod = (...args: never[]) => unknown;

/** What may be given where a method takes a value: the value, or a reference to it. */
export type Sendable<T> = T | SharedRef<T>;

/** The same for all parameters of a method. */
export type Sendables<Args extends readonly unknown[]> = { readonly [Index in keyof Args]: Sendable<Args[Index]> };

/** A method as callers see it: with the values themselves, or with references to shared ones. */
type Remote<Args extends readonly unknown[], R> = ((...args: Args) => Promise<R>) &
  ((...args: Sendables<Args>) => Promise<R>);

/**
 * A handle of an actor of class `T`: its methods, each of which returns a promise. Fields are not seen from outside. It can be passed to
 * other actors and tasks, in any nesting.
 */
export type ActorHandle<T> = {
  readonly [Name in keyof T as T[Name] extends AnyMethod ? Name : never]: T[Name] extends (
    ...args: infer Args
  ) => infer R
    ? Remote<Args, Awaited<R>>
    : never;
} & { readonly [HANDLE]: ActorRef };

export const HANDLE: unique symbol = Symbol.for("troupe.actor-handle") as never;

export type Invoke = (method: string, args: readonly unknown[]) => Promise<unknown>;

/** What is asked of every object by the language and by those who print it, and is no method of an actor. */
const NO_METHODS = new Set(["then", "toJSON", "constructor", "valueOf", "toString", "asymmetricMatch", "nodeType"]);

export function makeHandle<T>(ref: ActorRef, invoke: Invoke): ActorHandle<T> {
  const methods = new Map<string, (...args: unknown[]) => Promise<unknown>>();
  const target = Object.freeze({ [HANDLE]: ref });
  const proxy = new Proxy(target, {
    get: (_, key) => {
      if (key === HANDLE) return ref;
      if (key === Symbol.toStringTag) return `ActorHandle<${ref.className}>`;
      if (typeof key !== "string" || NO_METHODS.has(key)) return undefined;
      let method = methods.get(key);
      if (method === undefined) {
        method = (...args) => invoke(key, args);
        methods.set(key, method);
      }
      return method;
    },
  });
  return proxy as unknown as ActorHandle<T>;
}

/** Of another copy of this package as well. */
export function refOf(value: unknown): ActorRef | undefined {
  if (typeof value !== "object" || value === null || !(HANDLE in value)) return undefined;
  return (value as { readonly [HANDLE]: ActorRef })[HANDLE];
}
