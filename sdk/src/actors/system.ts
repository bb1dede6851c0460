/** The group that `actor()` and `task()` of this thread work in: that of the host, or one that is started or connected to for the program. */
import type { ActorRuntime } from "./runtime.ts";

/** Where actors live, and how to get there. */
export interface ActorSystem {
  readonly runtime: ActorRuntime;
  close(): Promise<void>;
}

/** Shared by all copies of this package in this thread. */
const KEY = Symbol.for("troupe.actor-system");

/** What a host puts in place before it loads user code: an error while nothing of it may run yet. */
export type Provider = () => ActorSystem | Promise<ActorSystem>;

export function provideSystem(provider: Provider | undefined): void {
  Reflect.set(globalThis, KEY, provider);
}

export function providedSystem(): Provider | undefined {
  const found: unknown = Reflect.get(globalThis, KEY);
  return typeof found === "function" ? (found as Provider) : undefined;
}
