/**
 * What becomes of jobs when the revision changes. A job keeps its revision to its end; when replicas that it still needs are gone for good, it
 * fails as `RevisionRetired`; and what no job needs any more is released.
 */
import type { Graph } from "@troupe/model";
import type { Moment } from "./execution.ts";
import type { Block, Job } from "./job.ts";
import { append, type Owner } from "./owner.ts";
import { revisionsInUse } from "./state.ts";

/** The graph goes to the journal before the first job that uses it. */
export function announce(owner: Owner, graph: Graph): void {
  if (owner.announced.has(graph.id)) return;
  owner.announced.add(graph.id);
  append(owner, { type: "revision", graph });
}

/** The first block of an open job that needs replicas which are gone for good; undefined: there is none. */
export function retiredBlock({ control, current }: Owner, job: Job): Block | undefined {
  if (control.retired.length === 0) return undefined;
  const kept = hashesOf(current);
  return job.blocks.find(
    (block) =>
      block !== undefined && block.state !== "done" && isRetired(block.stop.templateHash, control.retired, kept),
  );
}

function isRetired(hash: string, retired: readonly string[], kept: ReadonlySet<string>): boolean {
  return retired.includes(hash) && !kept.has(hash);
}

/** What a retry needs to know of a failed job. */
export interface Retryable {
  readonly route: Job["route"];
  readonly outputs: Job["outputs"];
}

/**
 * The revision that a failed job goes on with: its own, if what is left of it can run on replicas of the current one; else the current one, and
 * from the beginning, since what its modules returned may not fit there.
 */
export function revisionForRetry({ current }: Owner, { route, outputs }: Retryable): Graph {
  if (current === undefined || current.id === route.graph.id) return route.graph;
  const hashes = hashesOf(current);
  const canGoOn = route.stops.every(
    (stop) => stop === undefined || outputs[stop.last] !== undefined || hashes.has(stop.templateHash),
  );
  return canGoOn ? route.graph : current;
}

function hashesOf(graph: Graph | undefined): ReadonlySet<string> {
  return new Set(graph?.groups.map(({ templateHash }) => templateHash));
}

const RELEASE_MS = 5_000;

/** E10: graphs that no job needs do not stay for ever. */
export function releaseRevisions(owner: Owner, now: Moment): void {
  const { state, current } = owner;
  if (state.revisions.size < 2 || now.mono - owner.revisionsCheckedAt < RELEASE_MS) return;
  owner.revisionsCheckedAt = now.mono;
  const used = revisionsInUse(state);
  for (const revision of state.revisions.keys()) {
    if (revision === current?.id || used.has(revision)) continue;
    // Whoever needs it after all announces it again.
    owner.announced.delete(revision);
    append(owner, { type: "release", revision });
  }
}
