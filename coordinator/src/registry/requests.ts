/** What clients ask of the registry. Births and deaths are answered once they are journalled. */
import type { ActorOrder, Death, RegistryReply, RegistryRequest } from "@troupe/protocol";
import type { Moment } from "../core/execution.ts";
import { isWithoutReplicas, SCALE_UP } from "./homeless.ts";
import { heardHolds } from "./holds.ts";
import { append, found, reply, type RegistryOwner } from "./owner.ts";
import { isPossible } from "./place.ts";
import type { ActorRecord } from "./state.ts";

export interface Asked {
  readonly request: RegistryRequest;
  /** Where the answer goes; empty: nowhere. */
  readonly to: string;
}

export function ask(owner: RegistryOwner, { request, to }: Asked, now: Moment): void {
  switch (request.op) {
    case "create":
      create(owner, request, { to, now });
      return;
    case "find":
      reply(owner, to, one(owner, owner.state.actors.get(request.id), `no actor has the id ${request.id}`));
      return;
    case "named":
      reply(
        owner,
        to,
        one(owner, named(owner, request.name), `no living actor is named ${JSON.stringify(request.name)}`),
      );
      return;
    case "kill":
      kill(owner, request, { to, now });
      return;
    case "list":
      reply(owner, to, found(owner, [...owner.state.actors.values()]));
      return;
    case "discard":
      owner.commands.push({ kind: "discard", blobs: request.blobs });
      return;
    case "holds":
      heardHolds(owner, request, now);
      return;
    case "beat":
      owner.clients.set(request.client, now.mono);
      return;
    case "bye":
      clientEnded(owner, request.client, "the program that created it has closed its connection", now);
      return;
  }
}

function create(
  owner: RegistryOwner,
  { order, getIfExists }: Extract<RegistryRequest, { op: "create" }>,
  { to, now }: { readonly to: string; readonly now: Moment },
): void {
  if (order.parent.kind === "client") owner.clients.set(order.parent.id, now.mono);
  const holder = order.name === null ? undefined : named(owner, order.name);
  if (holder !== undefined && holder.order.id !== order.id && !getIfExists) {
    reply(owner, to, alreadyExists(order));
    return;
  }
  const known = owner.state.actors.get(order.id) ?? holder;
  const refusal = known === undefined ? refusalOf(owner, order) : undefined;
  if (refusal !== undefined) {
    reply(owner, to, refusal);
    return;
  }
  owner.waiters.set(order.id, { to, getIfExists, name: order.name });
  if (known === undefined) append(owner, { type: "create", order, at: now.wall });
  else answerWaiter(owner, order.id, known);
}

/** Called when the event is journalled, and did not count: somebody else got the name first. */
export function createdInVain(owner: RegistryOwner, order: ActorOrder): void {
  const waiter = owner.waiters.get(order.id);
  if (waiter === undefined) return;
  const holder = order.name === null ? undefined : named(owner, order.name);
  if (!waiter.getIfExists || holder === undefined) {
    owner.waiters.delete(order.id);
    reply(owner, waiter.to, alreadyExists(order));
    return;
  }
  answerWaiter(owner, order.id, holder);
}

/** Answers those who wait for the actor, if there is an answer now. */
export function answerWaiters(owner: RegistryOwner, record: ActorRecord): void {
  answerWaiter(owner, record.order.id, record);
  if (record.order.name === null) return;
  for (const [id, { getIfExists, name }] of owner.waiters) {
    // Those who get an actor under its name wait under an id of their own.
    if (getIfExists && name === record.order.name && !owner.underWay.has(`create ${id}`))
      answerWaiter(owner, id, record);
  }
}

function answerWaiter(owner: RegistryOwner, id: string, record: ActorRecord): void {
  const waiter = owner.waiters.get(id);
  if (waiter === undefined || (record.status !== "alive" && record.status !== "dead")) return;
  owner.waiters.delete(id);
  reply(owner, waiter.to, record.status === "alive" ? found(owner, [record]) : died(record));
}

function died({ order, death }: ActorRecord): RegistryReply {
  const message = death === null ? `actor ${order.className} has ended` : death.message;
  return {
    ok: false,
    code: "ActorDied",
    message,
    hint: "correct what ended it, and create it again",
    ...(death === null ? {} : { death }),
  };
}

function refusalOf(owner: RegistryOwner, { claim, className }: ActorOrder): RegistryReply | undefined {
  const { cpus, gpus } = claim;
  if (
    !(cpus >= 0 && gpus >= 0 && Number.isFinite(cpus) && Number.isFinite(gpus)) ||
    (gpus > 1 && !Number.isInteger(gpus))
  ) {
    return {
      ok: false,
      code: "InvalidRequest",
      message: `actor ${className} claims ${cpus} CPUs and ${gpus} GPUs`,
      hint: "claim numbers of 0 or more; above 1, only whole GPUs can be claimed",
    };
  }
  if (isWithoutReplicas(owner)) {
    return {
      ok: false,
      code: "NoReplica",
      message: `actor ${className} has nowhere to live: the group is scaled to no replica`,
      hint: SCALE_UP,
    };
  }
  if (isPossible(owner, claim)) return undefined;
  const most = [...owner.nurseries.values()].map(
    ({ beat: { capacity } }) => `${capacity.cpus} CPUs and ${capacity.gpus} GPUs`,
  );
  return {
    ok: false,
    code: "ImpossibleClaim",
    message: `actor ${className} claims ${cpus} CPUs and ${gpus} GPUs; the replicas have ${[...new Set(most)].join(", ")}`,
    hint:
      owner.mark === null
        ? "claim less, or say that the machine has more (the options cpus and gpus)"
        : "claim less, or give its replicas more (spec.resources of the Group)",
  };
}

function kill(
  owner: RegistryOwner,
  { id, restart, incarnation }: Extract<RegistryRequest, { op: "kill" }>,
  { to, now }: { readonly to: string; readonly now: Moment },
): void {
  const record = owner.state.actors.get(id);
  const isPast = incarnation !== undefined && record !== undefined && incarnation < record.incarnation;
  if (record === undefined || record.status === "dead" || isPast) {
    reply(owner, to, one(owner, record, `no actor has the id ${id}`));
    return;
  }
  const death: Death = { code: "Killed", message: `${record.order.className} was ended by kill()` };
  if (restart && record.incarnation > 0)
    append(owner, { type: "lost", actor: id, incarnation: record.incarnation, death, at: now.wall }, { reply: to });
  else append(owner, { type: "end", actor: id, death, at: now.wall }, { reply: to });
}

/** Ends what the client has created, unless it was detached. */
export function clientEnded(owner: RegistryOwner, client: string, message: string, now: Moment): void {
  owner.clients.delete(client);
  for (const { order, status } of owner.state.actors.values()) {
    const { parent, detached, id } = order;
    if (status === "dead" || detached || parent.kind !== "client" || parent.id !== client) continue;
    append(owner, { type: "end", actor: id, death: { code: "ClientEnded", message }, at: now.wall });
  }
}

function named(owner: RegistryOwner, name: string): ActorRecord | undefined {
  const id = owner.state.names.get(name);
  return id === undefined ? undefined : owner.state.actors.get(id);
}

function one(owner: RegistryOwner, record: ActorRecord | undefined, otherwise: string): RegistryReply {
  if (record !== undefined) return found(owner, [record]);
  return {
    ok: false,
    code: "ActorNotFound",
    message: otherwise,
    hint: "it may have ended long ago: the dead are told of for ten minutes",
  };
}

function alreadyExists({ name }: ActorOrder): RegistryReply {
  return {
    ok: false,
    code: "ActorAlreadyExists",
    message: `a living actor is already named ${JSON.stringify(name)}`,
    hint: "get it with getIfExists: true, or choose another name",
  };
}
