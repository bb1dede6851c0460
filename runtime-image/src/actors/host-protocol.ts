/** What the agent's thread and the host's thread of an actor say to each other. Batches, one a turn. */
import type { ActorOrder, CallFailure, Scope, StoredPayload } from "@troupe/protocol";
import type { MessagePort } from "node:worker_threads";

/** Given to the host's thread when it starts: before it is known for whom. */
export interface ActorHostStart {
  readonly scope: Scope;
  /** The agent's connection, for the calls that the actor makes. */
  readonly bus: MessagePort;
  readonly inbox: string;
  readonly maxPayload: number;
  /** Where shared objects of this machine lie; undefined: nowhere. */
  readonly sharedFolder: string | undefined;
  /** Where the group's modules lie; empty: files lie where callers have them. */
  readonly modules: readonly string[];
  /** An Int32Array of one: rises whenever the thread takes orders. */
  readonly turns: SharedArrayBuffer;
}

export type ToActorHost =
  | { readonly t: "construct"; readonly order: ActorOrder; readonly incarnation: number }
  | { readonly t: "call"; readonly key: number; readonly method: string; readonly args: Uint8Array }
  | { readonly t: "cancel"; readonly key: number }
  /** The file that this replica has of a stored object; null: none. */
  | { readonly t: "brought"; readonly object: string; readonly path: string | null }
  /** Only to see whether it answers. */
  | { readonly t: "ping" };

export type FromActorHost =
  | { readonly t: "constructed"; readonly isAsync: boolean }
  | { readonly t: "unconstructed"; readonly failure: CallFailure }
  | { readonly t: "returned"; readonly key: number; readonly value: Uint8Array }
  | { readonly t: "threw"; readonly key: number; readonly failure: CallFailure }
  | { readonly t: "cancelled"; readonly key: number }
  /** The payloads of all shared objects that it holds. */
  | { readonly t: "holds"; readonly objects: readonly string[] }
  /** It asks for a file of a stored object. */
  | { readonly t: "bring"; readonly payload: StoredPayload }
  /** The thread ends of an error that nobody caught. */
  | { readonly t: "fatal"; readonly failure: CallFailure };
