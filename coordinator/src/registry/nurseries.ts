/** What nurseries say: which processes they keep, and how those ended that they kept. */
import type { Death, NurseryBeat, Resident } from "@troupe/protocol";
import type { Moment } from "../core/execution.ts";
import { append, send, type Nursery, type RegistryOwner } from "./owner.ts";
import { placeWaiting } from "./place.ts";
import { isCurrent, isPlaced, mayBegin, type ActorRecord } from "./state.ts";

/** An order that was sent less than this long ago may simply not have arrived when the beat was made. */
const IN_FLIGHT_MS = 1_000;

export function heardNursery(owner: RegistryOwner, beat: NurseryBeat, now: Moment): void {
  const nursery = recognise(owner, beat, now);
  for (const { actor, incarnation, death, unbegun, drained } of beat.ended) {
    if (isCurrent(owner.state.actors.get(actor), incarnation))
      append(owner, {
        type: "lost",
        actor,
        incarnation,
        death,
        at: now.wall,
        ...(unbegun === undefined ? {} : { unbegun }),
        ...(drained === undefined ? {} : { drained }),
      });
    else send(owner, beat.replica, { type: "settled", actor, incarnation });
  }
  for (const resident of beat.residents) heardResident(owner, beat.replica, resident);
  for (const actor of beat.keeps ?? []) {
    const record = owner.state.actors.get(actor);
    if (record === undefined || !mayBegin(record.order, record.status))
      send(owner, beat.replica, { type: "release", actor });
  }
  missResidents(owner, nursery, now);
  placeWaiting(owner);
}

function recognise(owner: RegistryOwner, beat: NurseryBeat, now: Moment): Nursery {
  const known = owner.nurseries.get(beat.replica);
  if (known?.instance === beat.instance) {
    known.lastBeat = now.mono;
    known.beat = beat;
    return known;
  }
  const nursery: Nursery = { instance: beat.instance, lastBeat: now.mono, beat, missing: new Map() };
  owner.nurseries.set(beat.replica, nursery);
  if (known !== undefined)
    loseAll(owner, { replica: beat.replica, why: "its replica was started anew" }, now, beat.residents);
  return nursery;
}

function heardResident(owner: RegistryOwner, replica: string, { actor, incarnation, phase }: Resident): void {
  const record = owner.state.actors.get(actor);
  if (!isCurrent(record, incarnation) || record.replica !== replica) {
    const death: Death = { code: "Killed", message: "this incarnation no longer counts" };
    send(owner, replica, { type: "kill", actor, incarnation, death: record?.death ?? death });
    return;
  }
  if (phase === "alive" && record.status === "starting") append(owner, { type: "alive", actor, incarnation });
}

/** Missing from two beats in a row: the order to begin was lost and is sent again, or the process was. */
function missResidents(owner: RegistryOwner, { beat, missing }: Nursery, now: Moment): void {
  const listed = new Set([...beat.residents, ...beat.ended].map(({ actor, incarnation }) => `${actor} ${incarnation}`));
  for (const record of owner.state.actors.values()) {
    const { id } = record.order;
    if (record.replica !== beat.replica || !isPlaced(record) || listed.has(`${id} ${record.incarnation}`)) {
      missing.delete(id);
      continue;
    }
    if (now.mono - (owner.spawnedAt.get(id) ?? owner.listeningSince) < IN_FLIGHT_MS) continue;
    const beats = (missing.get(id) ?? 0) + 1;
    missing.set(id, beats);
    if (beats < 2) continue;
    missing.delete(id);
    if (record.status === "starting") spawn(owner, record, now);
    else lose(owner, record, "its process is gone, and nobody saw how it ended", now);
  }
}

/** Orders the current incarnation of an actor to begin. Said twice, the nursery does it once. */
export function spawn(owner: RegistryOwner, record: ActorRecord, now: Moment): void {
  if (record.replica === null) return;
  owner.spawnedAt.set(record.order.id, now.mono);
  const { order, incarnation, gpus } = record;
  send(owner, record.replica, { type: "spawn", order, incarnation, gpus });
}

/** Called at every tick. */
export function loseSilentNurseries(owner: RegistryOwner, now: Moment): void {
  const { nurseryLeaseMs } = owner.settings;
  for (const [replica, { lastBeat }] of owner.nurseries) {
    if (now.mono - lastBeat <= nurseryLeaseMs) continue;
    owner.nurseries.delete(replica);
    const why = `its replica ${replica} has not been heard for ${seconds(now.mono - lastBeat)} s`;
    loseAll(owner, { replica, why }, now);
  }
  if (now.mono - owner.listeningSince <= nurseryLeaseMs) return;
  for (const record of owner.state.actors.values()) {
    if (isPlaced(record) && record.replica !== null && !owner.nurseries.has(record.replica))
      lose(owner, record, `its replica ${record.replica} is not heard`, now);
  }
}

interface Silence {
  readonly replica: string;
  readonly why: string;
}

function loseAll(owner: RegistryOwner, { replica, why }: Silence, now: Moment, except: readonly Resident[] = []): void {
  owner.commands.push({ kind: "log", level: "warn", message: "replica lost", fields: { replica, why } });
  const kept = new Set(except.map(({ actor }) => actor));
  for (const record of owner.state.actors.values()) {
    if (record.replica === replica && isPlaced(record) && !kept.has(record.order.id)) lose(owner, record, why, now);
  }
}

function lose(owner: RegistryOwner, { order, incarnation }: ActorRecord, why: string, now: Moment): void {
  const death: Death = { code: "HostLost", message: `${order.className} was lost: ${why}` };
  append(owner, { type: "lost", actor: order.id, incarnation, death, at: now.wall });
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(1);
}
