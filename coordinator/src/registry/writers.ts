/** What is stored and still needed. */
import { storedBy } from "@troupe/protocol";
import type { Moment } from "../core/execution.ts";
import { jobOfBlob } from "../core/release.ts";
import { heldObjects, knowsHolds } from "./holds.ts";
import type { RegistryOwner } from "./owner.ts";
import { isPlaced } from "./state.ts";

/**
 * Whether a payload is needed, by its id. A shared object is for as long as somebody holds it, whoever put it; another
 * one while its writer lives: a call whose caller has ended reads its arguments when it begins, and is given half an hour and more for that.
 */
export function neededPayloads(owner: RegistryOwner, now: Moment): (id: string) => boolean {
  const living = livingWriters(owner);
  const held = knowsHolds(owner, now) ? heldObjects(owner) : undefined;
  return (id) => (isShared(id) ? held?.has(id) !== false : living.has(jobOfBlob(id)));
}

function isShared(id: string): boolean {
  return id.split(".", 2)[1] === "shared";
}

/** Programs that are heard of, those whose actors live, and incarnations that live. */
function livingWriters({ state, clients }: RegistryOwner): ReadonlySet<string> {
  const writers = new Set([...clients.keys()].map((id) => storedBy({ kind: "client", id })));
  for (const record of state.actors.values()) {
    const { order, incarnation, status } = record;
    if (isPlaced(record)) writers.add(storedBy({ kind: "actor", id: order.id, incarnation }));
    if (status !== "dead" && order.parent.kind === "client") writers.add(storedBy(order.parent));
  }
  return writers;
}
