/** Who may have stored something that is still needed. */
import { storedBy } from "@troupe/protocol";
import { heldObjects } from "./holds.ts";
import type { RegistryOwner } from "./owner.ts";
import { isPlaced } from "./state.ts";

/**
 * Programs that are heard of, those whose actors live, and incarnations that live. What others have stored is needed by nobody: a call whose
 * caller has ended reads its arguments when it begins, and is given half an hour and more for that.
 */
export function livingWriters(owner: RegistryOwner): ReadonlySet<string> {
  const { state, clients } = owner;
  const writers = new Set([...clients.keys()].map((id) => storedBy({ kind: "client", id })));
  for (const record of state.actors.values()) {
    const { order, incarnation, status } = record;
    if (isPlaced(record)) writers.add(storedBy({ kind: "actor", id: order.id, incarnation }));
    if (status !== "dead" && order.parent.kind === "client") writers.add(storedBy(order.parent));
  }
  // A shared object is under the name of who put it, and may outlive it.
  for (const id of heldObjects(owner)) writers.add(id.slice(0, id.indexOf(".")));
  return writers;
}
