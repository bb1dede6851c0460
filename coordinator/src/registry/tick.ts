/** What only time shows: who is silent, and which of the dead need no longer be told of. */
import type { Moment } from "../core/execution.ts";
import { endHomeless } from "./homeless.ts";
import { tickHolds } from "./holds.ts";
import { loseSilentNurseries } from "./nurseries.ts";
import { append, type RegistryOwner } from "./owner.ts";
import { clientEnded } from "./requests.ts";

export function tickRegistry(owner: RegistryOwner, now: Moment): void {
  loseSilentNurseries(owner, now);
  endSilentClients(owner, now);
  forgetDead(owner, now);
  tickHolds(owner, now);
  endHomeless(owner, now);
}

/** Time in which the owner was cut off or frozen does not count against anybody. */
export function renewRegistryLeases(owner: RegistryOwner, now: Moment): void {
  owner.listeningSince = now.mono;
  for (const nursery of owner.nurseries.values()) nursery.lastBeat = now.mono;
  for (const client of owner.clients.keys()) owner.clients.set(client, now.mono);
}

function endSilentClients(owner: RegistryOwner, now: Moment): void {
  const parents = new Set<string>();
  for (const { order, status } of owner.state.actors.values())
    if (status !== "dead" && order.parent.kind === "client") parents.add(order.parent.id);
  for (const client of new Set([...parents, ...owner.clients.keys()])) {
    const silentMs = now.mono - (owner.clients.get(client) ?? owner.listeningSince);
    if (silentMs <= owner.settings.clientLeaseMs) continue;
    clientEnded(
      owner,
      client,
      `the program that created it has not been heard for ${(silentMs / 1_000).toFixed(1)} s`,
      now,
    );
  }
}

function forgetDead(owner: RegistryOwner, now: Moment): void {
  if (owner.underWay.has("forget")) return;
  const { keepDeadMs, keepDead } = owner.settings;
  const dead = [...owner.state.actors.values()].filter(({ status }) => status === "dead");
  const surplus = dead.length - keepDead;
  const actors = dead
    .filter(({ endedAt }, index) => index < surplus || now.wall - (endedAt ?? 0) > keepDeadMs)
    .map(({ order }) => order.id);
  if (actors.length > 0) append(owner, { type: "forget", actors });
}
