/** Whether NATS keeps what it has acknowledged when its machines lose power: what the installation says of it, or what shows it. */

/** What the installation knows of the server that it runs on. */
export type NatsStore =
  /** Its own server syncs every append, to a volume. */
  | "synced"
  /** Its own server syncs every append, to a folder that goes with the pod. */
  | "ephemeral"
  /** Somebody else's server, of which nothing is known but what it shows. */
  | "external";

/** What servers say of themselves: that each syncs every append (`always`), that one does not; null: not asked, or no answer. */
export type SyncMode = "always" | "later" | null;

export type Durability =
  | { readonly kind: "synced" }
  | { readonly kind: "replicated"; readonly replicas: number }
  | { readonly kind: "ephemeral" }
  | { readonly kind: "not-synced" }
  /** `why`: what kept a server from showing it; null: nobody knows where to ask. */
  | { readonly kind: "unproven"; readonly why: string | null }
  /** NATS is not there to be asked. */
  | { readonly kind: "unasked" };

/** From so many servers on, one that loses its power takes nothing along: a majority has it. */
const ENOUGH_REPLICAS = 3;

export interface DurabilityFacts {
  readonly store: NatsStore;
  readonly sync: SyncMode;
  readonly why: string | null;
  /** On how many servers each of the pipeline's streams is kept, of that with the fewest; null: there are none yet. */
  readonly replicas: number | null;
}

export function durabilityOf({ store, sync, why, replicas }: DurabilityFacts): Durability {
  if (store !== "external") return { kind: store };
  if (sync === "always") return { kind: "synced" };
  if (replicas !== null && replicas >= ENOUGH_REPLICAS) return { kind: "replicated", replicas };
  return sync === "later" && replicas !== null ? { kind: "not-synced" } : { kind: "unproven", why };
}
