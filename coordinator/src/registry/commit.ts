/** What follows from what the journal took. */
import type { ActorOrder, DeathCode } from "@troupe/protocol";
import type { Moment } from "../core/execution.ts";
import type { RegistryEntry } from "./codec.ts";
import type { RegistryEvent } from "./events.ts";
import { awaitsPlace, foldRegistry } from "./fold.ts";
import { letGoOfOrder } from "./holds.ts";
import { spawn } from "./nurseries.ts";
import { append, found, keyOf, reply, send, type RegistryOwner } from "./owner.ts";
import { placeWaiting } from "./place.ts";
import { answerWaiters, createdInVain } from "./requests.ts";
import { isPlaced, type ActorRecord } from "./state.ts";

export function commitRegistry(owner: RegistryOwner, entries: readonly RegistryEntry[], now: Moment): void {
  for (const entry of entries) commitOne(owner, entry, now);
  placeWaiting(owner);
}

function commitOne(owner: RegistryOwner, { event, context }: RegistryEntry, now: Moment): void {
  owner.underWay.delete(keyOf(event));
  if (event.type === "create") {
    foldRegistry(owner.state, event);
    created(owner, event.order);
    return;
  }
  if (!("actor" in event)) {
    foldRegistry(owner.state, event);
    return;
  }
  if (event.type === "place") owner.placing.delete(event.actor);
  const record = owner.state.actors.get(event.actor);
  if (record === undefined) return;
  const wasThere = isPlaced(record);
  if (foldRegistry(owner.state, event)) {
    changed(owner, record);
    letGoOfOrder(owner, record, now);
    effects(owner, record, { event, wasThere, now });
  } else if (event.type === "place") owner.waiting.add(event.actor);
  if (context.reply !== undefined) reply(owner, context.reply, found(owner, [record]));
}

function created(owner: RegistryOwner, order: ActorOrder): void {
  const record = owner.state.actors.get(order.id);
  if (record === undefined) createdInVain(owner, order);
  else changed(owner, record);
}

interface Effect {
  readonly event: RegistryEvent;
  /** Whether it had a process before the event. */
  readonly wasThere: boolean;
  readonly now: Moment;
}

function effects(owner: RegistryOwner, record: ActorRecord, { event, wasThere, now }: Effect): void {
  if (event.type === "place") spawn(owner, record, now);
  if (event.type !== "lost" && event.type !== "end") return;
  if (wasThere) endProcess(owner, record);
  logEnd(owner, record);
  endChildren(owner, record, now);
}

/** Tells whoever wants to know, and lets it wait for a replica if it needs one. */
function changed(owner: RegistryOwner, record: ActorRecord): void {
  const { order, status, incarnation, death } = record;
  if (awaitsPlace(record)) owner.waiting.add(order.id);
  if (status !== "pending") owner.commands.push({ kind: "news", news: { id: order.id, status, incarnation, death } });
  answerWaiters(owner, record);
}

/** An incarnation has ended: its process has to go if it is still there, and what was said of its end need not be said again. */
function endProcess(owner: RegistryOwner, { order, replica, incarnation, death }: ActorRecord): void {
  owner.spawnedAt.delete(order.id);
  if (replica === null || death === null) return;
  send(owner, replica, { type: "kill", actor: order.id, incarnation, death });
  send(owner, replica, { type: "settled", actor: order.id, incarnation });
}

/** Ends that somebody wanted are no news. */
const WANTED = new Set<DeathCode | undefined>(["Killed", "ClientEnded", "ParentEnded"]);

function logEnd(owner: RegistryOwner, { order, incarnation, status, death }: ActorRecord): void {
  owner.commands.push({
    kind: "log",
    level: WANTED.has(death?.code) ? "info" : "warn",
    message: "actor ended",
    fields: { actor: order.id, class: order.className, incarnation, status, code: death?.code, why: death?.message },
  });
}

function endChildren(owner: RegistryOwner, parent: ActorRecord, now: Moment): void {
  const message = `${parent.order.className}, which created it, has ended`;
  for (const { order, status } of owner.state.actors.values()) {
    const { id, detached, parent: by } = order;
    if (status === "dead" || detached || by.kind !== "actor") continue;
    if (by.id === parent.order.id && by.incarnation <= parent.incarnation)
      append(owner, { type: "end", actor: id, death: { code: "ParentEnded", message }, at: now.wall });
  }
}

/** Called once, when the epoch is journalled: what a former owner had begun goes on. */
export function takeOverRegistry(owner: RegistryOwner, now: Moment): void {
  owner.listeningSince = now.mono;
  for (const record of owner.state.actors.values()) {
    if (awaitsPlace(record)) owner.waiting.add(record.order.id);
    if (record.status !== "dead") orphan(owner, record, now);
  }
}

/** Its parent may have ended while nobody owned the journal. */
function orphan(owner: RegistryOwner, { order }: ActorRecord, now: Moment): void {
  const { parent, detached, id } = order;
  if (detached || parent.kind !== "actor") return;
  const record = owner.state.actors.get(parent.id);
  const lives = record !== undefined && isPlaced(record) && record.incarnation === parent.incarnation;
  if (lives) return;
  const message = "the actor that created it has ended";
  append(owner, { type: "end", actor: id, death: { code: "ParentEnded", message }, at: now.wall });
}
