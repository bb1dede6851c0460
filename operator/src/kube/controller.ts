import { type Informer } from "./informer.ts";
import { type KubeObject, type ObjectKey, type Stored } from "./object.ts";
import { type Observe } from "./observation.ts";

/** How a visit of a key ended. Anything thrown is a failure: it is tried again with growing delays, but for {@link TerminalError}. */
export type Outcome =
  /** Nothing to do until something changes. */
  | { readonly kind: "settled" }
  /** Visit again by then, whatever changes. */
  | { readonly kind: "again"; readonly afterMs: number; readonly why: string };

/** Trying again cannot help: the key is left alone until something changes. */
export class TerminalError extends Error {
  override readonly name = "TerminalError";
}

export interface ControllerOptions {
  readonly name: string;
  /** Brings the world closer to what the object of that name wants; it may be gone. `signal`: the controller stops. */
  readonly reconcile: (key: ObjectKey, signal: AbortSignal) => Promise<Outcome>;
  /** Keys visited at once; one key never twice. @default 4 */
  readonly workers?: number | undefined;
  /** Every key of the objects that it is `for` is visited at least this often. @default 600000 */
  readonly resyncMs?: number | undefined;
  readonly observe?: Observe | undefined;
}

/** Visits keys: each alone, soon after something about it has changed, again until it is settled. */
export interface Controller {
  readonly name: string;
  /** Keys that wait for a worker. */
  readonly depth: number;
  /** The objects whose keys are visited. */
  for<T extends KubeObject>(informer: Informer<T>): void;
  /** Visits the keys that an object of another kind belongs to, when it changes: those that it belonged to before, too. */
  watch<T extends KubeObject>(informer: Informer<T>, keysOf: (object: Stored<T>) => readonly ObjectKey[]): void;
  enqueue(key: ObjectKey): void;
  enqueueAfter(key: ObjectKey, afterMs: number): void;
  /** Visits every key that it is `for`. */
  resync(): void;
  /** Begins once the informers are synced; resolves after `signal` was aborted and the visits under way have ended. */
  run(signal: AbortSignal): Promise<void>;
}
