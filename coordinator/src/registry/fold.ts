/** What the events of a free Group's journal do to what is known of it. The only place that changes a {@link RegistryState}. */
import type { ActorOrder, Death } from "@troupe/protocol";
import type { LostEvent, RegistryEvent } from "./events.ts";
import { isCurrent, type ActorRecord, type RegistryState } from "./state.ts";

/** @returns whether the event counted. */
export function foldRegistry(state: RegistryState, event: RegistryEvent): boolean {
  switch (event.type) {
    case "epoch":
      state.epoch = event.epoch;
      return true;
    case "snapshot":
      return true;
    case "create":
      return create(state, event.order);
    case "forget":
      for (const id of event.actors) state.actors.delete(id);
      return true;
    case "end": {
      const record = state.actors.get(event.actor);
      if (record === undefined || record.status === "dead") return false;
      bury(state, record, event);
      return true;
    }
    case "place":
    case "alive":
    case "lost":
      return live(state, event);
  }
}

function create(state: RegistryState, order: ActorOrder): boolean {
  if (state.actors.has(order.id)) return false;
  if (order.name !== null) {
    if (state.names.has(order.name)) return false;
    state.names.set(order.name, order.id);
  }
  state.actors.set(order.id, {
    order,
    status: "pending",
    incarnation: 0,
    replica: null,
    gpus: [],
    restarts: 0,
    death: null,
    endedAt: null,
  });
  return true;
}

function live(state: RegistryState, event: Extract<RegistryEvent, { type: "place" | "alive" | "lost" }>): boolean {
  const record = state.actors.get(event.actor);
  if (event.type === "place") {
    if (record === undefined || !awaitsPlace(record) || event.incarnation !== record.incarnation + 1) return false;
    Object.assign(record, {
      status: "starting",
      incarnation: event.incarnation,
      replica: event.replica,
      gpus: event.gpus,
    });
    return true;
  }
  if (!isCurrent(record, event.incarnation)) return false;
  if (event.type === "alive") {
    if (record.status === "alive") return false;
    record.status = "alive";
    return true;
  }
  lose(state, record, event);
  return true;
}

function lose(state: RegistryState, record: ActorRecord, { death, at, unbegun, drained }: LostEvent): void {
  const { maxRestarts } = record.order;
  if (unbegun === true || (drained === true && maxRestarts !== 0)) {
    record.status = "restarting";
    record.death = death;
    return;
  }
  const isFinal = death.code === "ConstructorFailed" && record.restarts === 0 && record.status === "starting";
  if (isFinal || (maxRestarts >= 0 && record.restarts >= maxRestarts)) {
    bury(state, record, { death, at });
    return;
  }
  record.status = "restarting";
  record.restarts++;
  record.death = death;
}

function bury(state: RegistryState, record: ActorRecord, { death, at }: { death: Death; at: number }): void {
  record.status = "dead";
  record.death = death;
  record.endedAt = at;
  const { name, id } = record.order;
  if (name !== null && state.names.get(name) === id) state.names.delete(name);
}

/** Whether it waits for a replica. */
export function awaitsPlace({ status }: ActorRecord): boolean {
  return status === "pending" || status === "restarting";
}
