/** What is known for sure of the actors of a free Group. */
import type { ActorOrder, ActorStatus, Death } from "@troupe/protocol";

export interface ActorRecord {
  readonly order: ActorOrder;
  status: ActorStatus;
  /** Number of its last incarnation; 0: it had none. */
  incarnation: number;
  /** Where the last incarnation is or was. */
  replica: string | null;
  gpus: readonly number[];
  restarts: number;
  death: Death | null;
  endedAt: number | null;
}

export interface RegistryState {
  epoch: number;
  /** In order of their creation. */
  readonly actors: Map<string, ActorRecord>;
  /** Living actors by name. */
  readonly names: Map<string, string>;
}

export function emptyRegistry(): RegistryState {
  return { epoch: 0, actors: new Map(), names: new Map() };
}

/** Whether the incarnation is the one that counts, and may still say something. */
export function isCurrent(record: ActorRecord | undefined, incarnation: number): record is ActorRecord {
  return record?.incarnation === incarnation && (record.status === "starting" || record.status === "alive");
}

/** Shared objects that have to be there for it to begin, for the first time or anew: by the ids of their payloads. */
export function objectsNeeded({ order, status }: ActorRecord): readonly string[] {
  return mayBegin(order, status) ? (order.objects ?? []) : [];
}

/** Whether there may be another incarnation, or one that still reads what its constructor is given. */
export function mayBegin({ maxRestarts }: Pick<ActorOrder, "maxRestarts">, status: ActorStatus): boolean {
  return status !== "dead" && (maxRestarts !== 0 || status !== "alive");
}

/** Whether it takes room on its replica. */
export function isPlaced({ status }: ActorRecord): boolean {
  return status === "starting" || status === "alive";
}
