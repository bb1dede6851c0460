/**
 * Shared objects that lie in NATS: every program and actor says which ones it holds, and what nobody holds any more is removed. This is known only while
 * nobody is silent: a new owner is told it again within seconds, and until then removes nothing. What constructors are given is in the journal: it is held
 * for as long as the actor may begin.
 */
import { storedBy, type ParentRef, type RegistryRequest } from "@troupe/protocol";
import type { Moment } from "../core/execution.ts";
import type { RegistryOwner } from "./owner.ts";
import { isPlaced, objectsNeeded, type ActorRecord } from "./state.ts";

/** What one program or actor holds. */
export interface Hold {
  readonly holder: ParentRef;
  objects: ReadonlySet<string>;
  /** Since when its holder has ended; null: it lives. */
  endedAt: number | null;
}

/** A reference that its holder has just passed on may not have been told of yet. */
const PASSED_ON_MS = 5_000;
/** Everybody says what they hold every five seconds, on a thread that does not compute. */
const SETTLED_MS = 15_000;

export function heardHolds(
  owner: RegistryOwner,
  { holder, objects }: Extract<RegistryRequest, { op: "holds" }>,
  now: Moment,
): void {
  const key = storedBy(holder);
  const before = owner.holds.get(key);
  const held = new Set(objects);
  if (held.size === 0) owner.holds.delete(key);
  else owner.holds.set(key, { holder, objects: held, endedAt: null });
  for (const id of before?.objects ?? []) if (!held.has(id)) owner.loose.set(id, now.mono);
  removeLoose(owner, now);
}

/** Called at every tick. */
export function tickHolds(owner: RegistryOwner, now: Moment): void {
  for (const [key, hold] of owner.holds) {
    if (lives(owner, hold.holder)) continue;
    hold.endedAt ??= now.mono;
    if (now.mono - hold.endedAt <= PASSED_ON_MS) continue;
    owner.holds.delete(key);
    for (const id of hold.objects) owner.loose.set(id, now.mono);
  }
  removeLoose(owner, now);
}

/** Called when the actor may have begun for the last time. What it holds itself it has said by then, or says again in a moment. */
export function letGoOfOrder(owner: RegistryOwner, record: ActorRecord, now: Moment): void {
  if (objectsNeeded(record).length > 0) return;
  for (const id of record.order.objects ?? []) owner.loose.set(id, now.mono + SETTLED_MS);
}

function lives({ clients, state }: RegistryOwner, holder: ParentRef): boolean {
  if (holder.kind === "client") return clients.has(holder.id);
  const record = state.actors.get(holder.id);
  return record !== undefined && isPlaced(record) && record.incarnation === holder.incarnation;
}

function removeLoose(owner: RegistryOwner, now: Moment): void {
  if (owner.loose.size === 0 || !knowsHolds(owner, now)) return;
  const due = [...owner.loose].filter(([, from]) => from <= now.mono).map(([id]) => id);
  if (due.length === 0) return;
  const held = heldObjects(owner);
  for (const id of due) owner.loose.delete(id);
  const blobs = due.filter((id) => !held.has(id));
  if (blobs.length > 0) owner.commands.push({ kind: "discard", blobs });
}

/** Whether everybody who lives has said what they hold. */
export function knowsHolds({ ownsSince }: RegistryOwner, now: Moment): boolean {
  return now.mono - ownsSince >= SETTLED_MS;
}

/** By the ids of their payloads. */
export function heldObjects({ holds, state }: RegistryOwner): ReadonlySet<string> {
  const held = new Set([...holds.values()].flatMap(({ objects }) => [...objects]));
  for (const record of state.actors.values()) for (const id of objectsNeeded(record)) held.add(id);
  return held;
}
