/** Where a claim fits: CPUs are one pool a replica, a fraction of a GPU lies on one GPU, a whole claim takes whole ones. */
import type { ActorClaim } from "@troupe/protocol";
import type { ActorRecord } from "./state.ts";

/** Claims are added up in ten-thousandths, so that ten times 0.1 is 1. */
const UNIT = 10_000;

export interface Room {
  /** Ten-thousandths of CPUs that are free. */
  cpus: number;
  /** Ten-thousandths that are free of each GPU. */
  readonly gpus: number[];
}

export function wholeRoom({ cpus, gpus }: ActorClaim): Room {
  const whole = Array.from({ length: Math.floor(gpus) }, () => UNIT);
  const slice = units(gpus) % UNIT;
  return { cpus: units(cpus), gpus: slice === 0 ? whole : [...whole, slice] };
}

/** Takes what an actor that lives there has. */
export function occupy(room: Room, { order, gpus }: Pick<ActorRecord, "order" | "gpus">): void {
  room.cpus -= units(order.claim.cpus);
  const each = order.claim.gpus >= 1 ? UNIT : units(order.claim.gpus);
  for (const index of gpus) room.gpus[index] = (room.gpus[index] ?? 0) - each;
}

/** @returns the GPUs that the claim would get; undefined when it does not fit. */
export function fit(room: Room, { cpus, gpus }: ActorClaim): number[] | undefined {
  if (units(cpus) > room.cpus) return undefined;
  if (gpus === 0) return [];
  const indexes = [...room.gpus.keys()];
  if (gpus < 1) {
    // The fullest that has room, so that whole ones stay whole.
    const [best] = indexes
      .filter((index) => (room.gpus[index] ?? 0) >= units(gpus))
      .sort((a, b) => (room.gpus[a] ?? 0) - (room.gpus[b] ?? 0));
    return best === undefined ? undefined : [best];
  }
  const whole = indexes.filter((index) => room.gpus[index] === UNIT).slice(0, gpus);
  return whole.length === gpus ? whole : undefined;
}

function units(amount: number): number {
  return Math.round(amount * UNIT);
}
