/** The group in which the cases about actors work: on a laptop as on a cluster. */
import { startActors, type Actors } from "@troupe/sdk";

/** Opens a group, or a connection to one that is there; closing it ends what the cases have created. */
export type OpenGroup = () => Promise<Actors>;

/** More than any case claims, whatever this machine has. */
export async function openLocalGroup(): Promise<Actors> {
  return startActors({ cpus: 8, gpus: 1, spares: 2 });
}
