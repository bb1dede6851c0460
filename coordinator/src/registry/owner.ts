/**
 * The registry of a free Group while somebody owns it: the durable state, and beside it what is known only as long as nobody is silent.
 * Everything here is called with the time; what is to be done leaves as commands.
 */
import type {
  ActorInfo,
  ActorNews,
  GroupMark,
  NurseryBeat,
  NurseryOrder,
  RegistryReply,
  Resident,
} from "@troupe/protocol";
import type { Moment } from "../core/execution.ts";
import type { RegistryEvent } from "./events.ts";
import type { Hold } from "./holds.ts";
import type { ActorRecord, RegistryState } from "./state.ts";

export interface RegistrySettings {
  /** A nursery that is silent for so long is lost. Longer than an agent without NATS goes on (3,000). Default 5,000. */
  readonly nurseryLeaseMs: number;
  /** A client that is silent for so long has ended. Default 5,000. */
  readonly clientLeaseMs: number;
  /** How long the dead are told of. Default 600,000. */
  readonly keepDeadMs: number;
  /** How many dead are told of at most. Default 1,000. */
  readonly keepDead: number;
}

const DEFAULTS: RegistrySettings = {
  nurseryLeaseMs: 5_000,
  clientLeaseMs: 5_000,
  keepDeadMs: 600_000,
  keepDead: 1_000,
};

export interface AppendContext {
  /** Who is answered once the event is journalled. */
  readonly reply?: string;
}

export type RegistryCommand =
  | { readonly kind: "append"; readonly event: RegistryEvent; readonly context: AppendContext }
  | { readonly kind: "send"; readonly replica: string; readonly order: NurseryOrder }
  | { readonly kind: "reply"; readonly to: string; readonly reply: RegistryReply }
  | { readonly kind: "news"; readonly news: ActorNews }
  /** Stored payloads that nobody needs any more. */
  | { readonly kind: "discard"; readonly blobs: readonly string[] }
  | {
      readonly kind: "log";
      readonly level: "info" | "warn";
      readonly message: string;
      readonly fields: Readonly<Record<string, unknown>>;
    };

/** A replica whose nursery is heard. */
export interface Nursery {
  instance: string;
  lastBeat: number;
  beat: NurseryBeat;
  /** How many beats in a row have not listed an actor that should be there. */
  readonly missing: Map<string, number>;
}

/** Somebody who waits for an actor to live. */
export interface Waiter {
  readonly to: string;
  readonly getIfExists: boolean;
  readonly name: string | null;
}

export interface RegistryOwner {
  readonly state: RegistryState;
  readonly uid: string;
  readonly settings: RegistrySettings;
  /** Monotonic moment since when silence counts: before it, this owner was not listening. */
  listeningSince: number;
  readonly nurseries: Map<string, Nursery>;
  /** When each client was last heard. */
  readonly clients: Map<string, number>;
  /** By the id that the client gave the actor that it wants. */
  readonly waiters: Map<string, Waiter>;
  /** Actors that wait for a replica, in order. */
  readonly waiting: Set<string>;
  /** What was appended and is not journalled yet, so that it is not appended again. */
  readonly underWay: Set<string>;
  /** Places that were appended and are not journalled yet. */
  readonly placing: Map<string, { readonly replica: string; readonly gpus: readonly number[] }>;
  /** When the order to begin was last sent. */
  readonly spawnedAt: Map<string, number>;
  /** Who holds what of shared objects that lie in NATS, by the name under which it stores. */
  readonly holds: Map<string, Hold>;
  /** Shared objects that somebody has let go of, and the monotonic moment from which on each is removed if nobody holds it. */
  readonly loose: Map<string, number>;
  /** Monotonic moment at which this owner began. */
  readonly ownsSince: number;
  /** What Kubernetes says of the Group; null: nobody does, as on the laptop. */
  mark: GroupMark | null;
  commands: RegistryCommand[];
}

export function newRegistryOwner(
  state: RegistryState,
  options: { readonly uid: string; readonly now: Moment; readonly settings?: Partial<RegistrySettings> },
): RegistryOwner {
  return {
    state,
    uid: options.uid,
    settings: { ...DEFAULTS, ...options.settings },
    listeningSince: options.now.mono,
    nurseries: new Map(),
    clients: new Map(),
    waiters: new Map(),
    waiting: new Set(),
    underWay: new Set(),
    placing: new Map(),
    spawnedAt: new Map(),
    holds: new Map(),
    loose: new Map(),
    ownsSince: options.now.mono,
    mark: null,
    commands: [],
  };
}

export function takeRegistryCommands(owner: RegistryOwner): RegistryCommand[] {
  const { commands } = owner;
  owner.commands = [];
  return commands;
}

/** Appends an event once: while it is under way, it is not appended again. */
export function append(owner: RegistryOwner, event: RegistryEvent, context: AppendContext = {}): void {
  const key = keyOf(event);
  if (owner.underWay.has(key) && context.reply === undefined) return;
  owner.underWay.add(key);
  owner.commands.push({ kind: "append", event, context });
}

export function keyOf(event: RegistryEvent): string {
  switch (event.type) {
    case "create":
      return `create ${event.order.id}`;
    case "place":
    case "alive":
    case "lost":
      return `${event.type} ${event.actor} ${event.incarnation}`;
    case "end":
      return `end ${event.actor}`;
    case "forget":
    case "epoch":
    case "snapshot":
      return event.type;
  }
}

export function send(owner: RegistryOwner, replica: string, order: NurseryOrder): void {
  owner.commands.push({ kind: "send", replica, order });
}

export function reply(owner: RegistryOwner, to: string, answer: RegistryReply): void {
  owner.commands.push({ kind: "reply", to, reply: answer });
}

export function found(owner: RegistryOwner, records: readonly ActorRecord[]): RegistryReply {
  return { ok: true, uid: owner.uid, actors: records.map((record) => infoOf(owner, record)) };
}

export function infoOf(owner: RegistryOwner, record: ActorRecord): ActorInfo {
  const { id, name, className, parent, detached, maxTaskRetries, claim } = record.order;
  return {
    id,
    name,
    className,
    status: record.status,
    incarnation: record.incarnation,
    replica: record.replica,
    parent,
    detached,
    restarts: record.restarts,
    maxTaskRetries,
    claim,
    death: record.death,
    waitsFor: owner.waiting.has(id) ? waitsFor(owner, record) : null,
    facts: residentOf(owner, record)?.facts ?? null,
  };
}

export function residentOf(owner: RegistryOwner, { order, replica, incarnation }: ActorRecord): Resident | undefined {
  if (replica === null) return undefined;
  const residents = owner.nurseries.get(replica)?.beat.residents;
  return residents?.find((each) => each.actor === order.id && each.incarnation === incarnation);
}

function waitsFor({ nurseries }: RegistryOwner, { order: { claim } }: ActorRecord): string {
  if (nurseries.size === 0) return "a replica of the group: none has been heard of";
  return `room for ${claim.cpus} CPU and ${claim.gpus} GPU`;
}
