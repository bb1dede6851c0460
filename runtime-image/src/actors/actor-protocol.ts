/** What a nursery and the processes that it keeps say to each other over IPC. */
import type { ActorFacts, ActorOrder, Death, Scope, StoredPayload } from "@troupe/protocol";

/** Environment of an actor's process. */
export const ACTOR_ENV = {
  natsUrl: "TROUPE_NATS_URL",
  natsCreds: "TROUPE_NATS_CREDS",
  namespace: "TROUPE_NAMESPACE",
  group: "TROUPE_GROUP",
  uid: "TROUPE_UID",
  /** Where shared objects of this machine lie. */
  sharedFolder: "TROUPE_SHARED_FOLDER",
  /** Files and folders of the group's modules; absent: files lie where callers have them. */
  modules: "TROUPE_MODULES",
} as const;

export type ToActorProcess =
  | {
      readonly t: "assign";
      readonly order: ActorOrder;
      readonly incarnation: number;
      readonly gpus: readonly number[];
    }
  /** The file that the replica has of a stored object; null: none. */
  | { readonly t: "brought"; readonly object: string; readonly path: string | null };

export type FromActorProcess =
  /** Connected, and waits for an actor. */
  | { readonly t: "spare" }
  | { readonly t: "alive"; readonly facts: ActorFacts }
  | { readonly t: "facts"; readonly facts: ActorFacts }
  /** The payloads of all shared objects that it holds. */
  | { readonly t: "holds"; readonly objects: readonly string[] }
  /** It asks for a file of a stored object, for all actors of the replica. */
  | { readonly t: "bring"; readonly payload: StoredPayload }
  /** It is about to end, and this is why. */
  | { readonly t: "dying"; readonly death: Death };

export function scopeOf(env: Readonly<Record<string, string | undefined>>): Scope {
  return {
    namespace: env[ACTOR_ENV.namespace] ?? "local",
    pipeline: required(env, ACTOR_ENV.group),
    uid: required(env, ACTOR_ENV.uid),
  };
}

export function required(env: Readonly<Record<string, string | undefined>>, name: string): string {
  const value = env[name];
  if (value === undefined || value === "") throw new Error(`${name} is not set. Whoever starts the process sets it.`);
  return value;
}
