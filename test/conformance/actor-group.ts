/** The group in which the cases about actors work: on a laptop as on a cluster. */
import { startActors, type Actors } from "@troupe/sdk";

/** Opens a group, or a connection to one that is there; closing it ends what the cases have created. */
export type OpenGroup = () => Promise<Actors>;

/** Where {@link openGroup} opens one. The end-to-end tests run these files again with the address of a cluster's NATS in their environment. */
export const PLACE = process.env["TROUPE_NATS_URL"] === undefined ? "locally" : "on a cluster";

/** The group that the environment names, with the same code; else one of our own, with more than any case claims, whatever this machine has. */
export async function openGroup(): Promise<Actors> {
  return startActors({ cpus: 8, gpus: 1, spares: 2 });
}
