/**
 * What the journal of a free Group says. Folding these events in order is all that is known for sure of its actors; every rule about what
 * counts is applied in fold.ts, so that an event may be appended on suspicion and the order of the journal decides.
 */
import type { ActorOrder, Death } from "@troupe/protocol";
import type { EpochEvent, SnapshotEvent } from "../core/events.ts";

/** An actor is wanted. Does not count when another living one has its name. */
export interface CreateEvent {
  readonly type: "create";
  readonly order: ActorOrder;
  readonly at: number;
}

/** Its next incarnation is to begin on this replica. Journalled before the replica hears of it, so that no two have the same number. */
export interface PlaceEvent {
  readonly type: "place";
  readonly actor: string;
  readonly incarnation: number;
  readonly replica: string;
  readonly gpus: readonly number[];
}

/** Its constructor has returned. */
export interface AliveEvent {
  readonly type: "alive";
  readonly actor: string;
  readonly incarnation: number;
}

/** An incarnation has ended; by its order another one follows or not. */
export interface LostEvent {
  readonly type: "lost";
  readonly actor: string;
  readonly incarnation: number;
  readonly death: Death;
  /** Nothing of it ever ran: the next one follows, and none of its restarts is used up. */
  readonly unbegun?: true;
  /** It was ended with its replica, which was to go: none of its restarts is used up, if it has any. */
  readonly drained?: true;
  readonly at: number;
}

/** The actor ends for good, whatever its order says. */
export interface EndEvent {
  readonly type: "end";
  readonly actor: string;
  readonly death: Death;
  readonly at: number;
}

/** These dead actors are no longer told of. */
export interface ForgetActorsEvent {
  readonly type: "forget";
  readonly actors: readonly string[];
}

export type RegistryEvent =
  EpochEvent | CreateEvent | PlaceEvent | AliveEvent | LostEvent | EndEvent | ForgetActorsEvent | SnapshotEvent;
