/** Which replica an actor begins on: the one with the fewest actors among those that have room for what it claims. */
import type { ActorClaim } from "@troupe/protocol";
import { awaitsPlace } from "./fold.ts";
import { append, type RegistryOwner } from "./owner.ts";
import { fit, occupy, wholeRoom, type Room } from "./room.ts";
import { isPlaced, type ActorRecord } from "./state.ts";

interface Candidate {
  readonly replica: string;
  readonly room: Room;
  actors: number;
}

/** Places everybody who waits and fits. Called whenever somebody begins to wait, or room may have become free. */
export function placeWaiting(owner: RegistryOwner): void {
  if (owner.waiting.size === 0) return;
  const candidates = candidatesOf(owner);
  for (const id of owner.waiting) {
    const record = owner.state.actors.get(id);
    if (record === undefined || !awaitsPlace(record)) {
      owner.waiting.delete(id);
      continue;
    }
    const chosen = choose(candidates, record.order.claim);
    if (chosen === undefined) continue;
    const { candidate, gpus } = chosen;
    owner.waiting.delete(id);
    owner.placing.set(id, { replica: candidate.replica, gpus });
    occupy(candidate.room, { order: record.order, gpus });
    candidate.actors++;
    append(owner, {
      type: "place",
      actor: id,
      incarnation: record.incarnation + 1,
      replica: candidate.replica,
      gpus,
    });
  }
}

/** Whether some replica that is heard could take the claim if it were empty. True while nobody is heard. */
export function isPossible(owner: RegistryOwner, claim: ActorClaim): boolean {
  if (owner.nurseries.size === 0) return true;
  return [...owner.nurseries.values()].some(({ beat }) => fit(wholeRoom(beat.capacity), claim) !== undefined);
}

function candidatesOf(owner: RegistryOwner): Candidate[] {
  const candidates = new Map<string, Candidate>();
  for (const [replica, { beat }] of owner.nurseries) {
    if (!beat.draining) candidates.set(replica, { replica, room: wholeRoom(beat.capacity), actors: 0 });
  }
  const take = (replica: string | null, record: Pick<ActorRecord, "order" | "gpus">): void => {
    const candidate = replica === null ? undefined : candidates.get(replica);
    if (candidate === undefined) return;
    occupy(candidate.room, record);
    candidate.actors++;
  };
  for (const record of owner.state.actors.values()) {
    const placing = owner.placing.get(record.order.id);
    if (placing !== undefined) take(placing.replica, { order: record.order, gpus: placing.gpus });
    else if (isPlaced(record)) take(record.replica, record);
  }
  return [...candidates.values()];
}

function choose(
  candidates: readonly Candidate[],
  claim: ActorClaim,
): { readonly candidate: Candidate; readonly gpus: number[] } | undefined {
  for (const candidate of [...candidates].sort((a, b) => a.actors - b.actors)) {
    const gpus = fit(candidate.room, claim);
    if (gpus !== undefined) return { candidate, gpus };
  }
  return undefined;
}
