/** The group that maps run in: what was there stays; what was started for them ends with the last one that uses it. */
import { startActors, type Actors } from "../actors/actors.ts";
import { providedSystem } from "../actors/system.ts";

/** Given back once. */
export interface GroupLease {
  release(): Promise<void>;
}

interface Started {
  readonly opening: Promise<Actors>;
  users: number;
}

let started: Started | undefined;

const NOT_OURS: GroupLease = { release: async () => undefined };

/** Starts a group when there is none. Maps that run at the same time share it. */
export async function leaseGroup(): Promise<GroupLease> {
  if (started === undefined && providedSystem() !== undefined) return NOT_OURS;
  started ??= begin();
  const group = started;
  group.users++;
  try {
    await group.opening;
  } catch (error) {
    if (started === group) started = undefined;
    throw error;
  }
  let isReleased = false;
  return {
    release: async () => {
      if (isReleased) return;
      isReleased = true;
      if (--group.users > 0) return;
      if (started === group) started = undefined;
      await (await group.opening).close();
    },
  };
}

function begin(): Started {
  const opening = startActors();
  // What nobody gave back ends with the program.
  process.once("beforeExit", () => {
    opening.then(
      async (actors) => actors.close(),
      () => undefined, // it never began; whoever asked for it was told
    );
  });
  return { opening, users: 0 };
}
