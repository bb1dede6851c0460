/** How much there is to do in a free Group, as its owner sees it: what the operator scales and reports by. Actors count, not their calls. */
import type { GroupReport, PipelineLoad } from "@troupe/protocol";
import type { RegistryOwner } from "./owner.ts";
import { isPlaced } from "./state.ts";

/** Replicas that one report lists, at most, so that a message stays small (E10). */
const LISTED_REPLICAS = 500;

export interface RegistryCounts {
  /** Actors that wait for a replica. */
  readonly queued: number;
  /** Actors that live on one, or begin. */
  readonly running: number;
}

export function countActors({ state, waiting }: RegistryOwner): RegistryCounts {
  let running = 0;
  for (const record of state.actors.values()) if (isPlaced(record)) running++;
  return { queued: waiting.size, running };
}

/** As a pipeline's: there are no revisions and no jobs; what there is to do is in its only group. */
export function registryLoad(
  owner: RegistryOwner,
  { queued, running }: RegistryCounts,
  facts: Pick<PipelineLoad, "coordinator" | "at" | "since"> & {
    readonly group: string;
    readonly lastBusyAt: number | null;
  },
): PipelineLoad {
  const { group, lastBusyAt, ...rest } = facts;
  return {
    ...rest,
    epoch: owner.state.epoch,
    revision: null,
    suspended: false,
    jobs: { queued: 0, running: 0, done: 0, failed: 0, cancelled: 0 },
    revisions: {},
    groups: [{ name: group, queued, running, ready: {}, pinned: {}, lastBusyAt }],
    full: null,
  };
}

/** Replicas by how many actors they have: those with the fewest are the cheapest to lose. */
export function registryReport({ state, nurseries }: RegistryOwner, group: string): GroupReport {
  const replicas = [...nurseries]
    .map(([name, { beat }]) => ({
      name,
      state: beat.draining ? ("draining" as const) : ("ready" as const),
      templateHash: "",
      busy: beat.residents.length,
      permits: 0,
      problem: null,
    }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .slice(0, LISTED_REPLICAS);
  return { group, epoch: state.epoch, replicas, recent: [] };
}
