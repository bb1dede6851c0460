/** What clients and nurseries say to the registry of a free Group, and what it says to them. JSON, over core NATS. */
import { EnvelopeError } from "../envelope.ts";
import { Fields } from "../fields.ts";
import type { ActorClaim, ActorFacts, ActorInfo, ActorOrder, ActorStatus, Death, ParentRef } from "./actor.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** `<job>.<slot>.<random>`, and no wildcard. */
const BLOB_ID = /^[\w@-]+\.[\w-]+\.[\w-]+$/;

export type RegistryRequest =
  /** Repeated under the same id until it is answered: the answer comes when the actor lives, or never will. */
  | { readonly op: "create"; readonly order: ActorOrder; readonly getIfExists: boolean }
  | { readonly op: "find"; readonly id: string }
  | { readonly op: "named"; readonly name: string }
  /** `incarnation`: the one that is meant, so that a request that is repeated does not end the next one too. Default: whichever lives. */
  | { readonly op: "kill"; readonly id: string; readonly restart: boolean; readonly incarnation?: number }
  | { readonly op: "list" }
  /** What was stored for a call is needed no more. `blobs` are ids of payloads. */
  | { readonly op: "discard"; readonly blobs: readonly string[] }
  /**
   * All shared objects that a program or actor holds, by the ids of their payloads: said when that changes, and every few seconds while there are some.
   * What nobody holds any more is removed.
   */
  | { readonly op: "holds"; readonly holder: ParentRef; readonly objects: readonly string[] }
  /** A client says once a second that it lives. */
  | { readonly op: "beat"; readonly client: string }
  | { readonly op: "bye"; readonly client: string };

export type RegistryErrorCode =
  | "ActorAlreadyExists"
  | "ActorNotFound"
  | "ActorDied"
  | "ImpossibleClaim"
  | "InvalidRequest"
  | "NoReplica"
  | "StreamFull";

export type RegistryReply =
  | { readonly ok: true; readonly uid: string; readonly actors: readonly ActorInfo[] }
  | {
      readonly ok: false;
      readonly code: RegistryErrorCode;
      readonly message: string;
      readonly hint: string;
      readonly death?: Death;
    };

/** A process that a nursery keeps. */
export interface Resident {
  readonly actor: string;
  readonly incarnation: number;
  readonly phase: "starting" | "alive";
  readonly facts: ActorFacts | null;
}

export interface Ended {
  readonly actor: string;
  readonly incarnation: number;
  readonly death: Death;
  /** It was refused before anything of it ran: that is not held against the actor. */
  readonly unbegun?: true;
  /** It was ended with its replica, which was to go: that is not held against the actor either. */
  readonly drained?: true;
}

export interface NurseryBeat {
  readonly replica: string;
  /** New with every start of the nursery. */
  readonly instance: string;
  readonly capacity: ActorClaim;
  readonly draining: boolean;
  readonly residents: readonly Resident[];
  /** Said again until the registry says that it is journalled. */
  readonly ended: readonly Ended[];
  /** Actors for whom it keeps files of shared objects, as they may begin anew. Absent: none. */
  readonly keeps?: readonly string[];
}

export type NurseryOrder =
  | {
      readonly type: "spawn";
      readonly order: ActorOrder;
      readonly incarnation: number;
      /** Indexes of the GPUs that it may see. */
      readonly gpus: readonly number[];
    }
  | { readonly type: "kill"; readonly actor: string; readonly incarnation: number; readonly death: Death }
  /** Its end is journalled: it need not be said again. */
  | { readonly type: "settled"; readonly actor: string; readonly incarnation: number }
  /** The actor has ended for good: nothing is to be kept for it. */
  | { readonly type: "release"; readonly actor: string }
  /** Say who you are now. */
  | { readonly type: "roll-call" };

export interface NurseryOrders {
  readonly epoch: number;
  readonly orders: readonly NurseryOrder[];
}

/** What became of an actor. */
export interface ActorNews {
  readonly id: string;
  readonly status: ActorStatus;
  readonly incarnation: number;
  readonly death: Death | null;
}

export interface News {
  readonly epoch: number;
  readonly actors: readonly ActorNews[];
}

export function encodeJson(message: RegistryRequest | RegistryReply | NurseryBeat | NurseryOrders | News): Uint8Array {
  return encoder.encode(JSON.stringify(message));
}

/** @throws {EnvelopeError} */
export function parseRegistryRequest(data: Uint8Array): RegistryRequest {
  const fields = parse(data, "request");
  const op = fields.string("op");
  switch (op) {
    case "create":
      checkOrder(fields.object("order"));
      return fields.as<RegistryRequest>();
    case "find":
    case "kill":
      fields.string("id");
      if (fields.get("incarnation") !== undefined) fields.check({ incarnation: "number" });
      return fields.as<RegistryRequest>();
    case "named":
      fields.string("name");
      return fields.as<RegistryRequest>();
    case "beat":
    case "bye":
      fields.string("client");
      return fields.as<RegistryRequest>();
    case "discard":
      checkBlobs(fields.array("blobs"));
      return fields.as<RegistryRequest>();
    case "holds":
      fields.object("holder").check({ kind: "string", id: "string" });
      checkBlobs(fields.array("objects"));
      return fields.as<RegistryRequest>();
    case "list":
      return { op: "list" };
    default:
      throw new EnvelopeError(`a registry knows no ${op}`);
  }
}

function checkOrder(order: Fields): void {
  order.check({
    id: "string",
    className: "string",
    args: "string",
    code: "object",
    parent: "object",
    claim: "object",
    maxRestarts: "number",
  });
  if (order.get("objects") !== undefined) checkBlobs(order.array("objects"));
  if (order.get("files") !== undefined) order.array("files");
}

/** Whether it may be the id of a stored payload. */
export function isBlobId(id: string): boolean {
  return BLOB_ID.test(id);
}

function checkBlobs(ids: readonly unknown[]): void {
  if (!ids.every((id) => typeof id === "string" && isBlobId(id)))
    throw new EnvelopeError("what is named is no stored payload");
}

/** @throws {EnvelopeError} */
export function parseRegistryReply(data: Uint8Array): RegistryReply {
  const fields = parse(data, "reply");
  if (fields.get("ok") === true) fields.check({ uid: "string", actors: "array" });
  else fields.check({ code: "string", message: "string", hint: "string" });
  return fields.as<RegistryReply>();
}

/** @throws {EnvelopeError} */
export function parseNurseryBeat(data: Uint8Array): NurseryBeat {
  const fields = parse(data, "beat");
  fields.check({ replica: "string", instance: "string", capacity: "object", residents: "array", ended: "array" });
  if (fields.get("keeps") !== undefined) fields.array("keeps");
  return fields.as<NurseryBeat>();
}

/** @throws {EnvelopeError} */
export function parseNurseryOrders(data: Uint8Array): NurseryOrders {
  const fields = parse(data, "orders");
  fields.check({ epoch: "number", orders: "array" });
  return fields.as<NurseryOrders>();
}

/** @throws {EnvelopeError} */
export function parseNews(data: Uint8Array): News {
  const fields = parse(data, "news");
  fields.check({ epoch: "number", actors: "array" });
  return fields.as<News>();
}

function parse(data: Uint8Array, what: string): Fields {
  try {
    return new Fields(JSON.parse(decoder.decode(data)), what);
  } catch (cause) {
    if (cause instanceof EnvelopeError) throw cause;
    throw new EnvelopeError(`the ${what} is not JSON`, { cause });
  }
}
