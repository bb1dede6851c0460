/** The durable state: what folding the journal gives. Everything else in the coordinator can be lost. */
import type { Graph } from "@troupe/model";
import type { Payload, Phase } from "@troupe/protocol";
import type { Job } from "./job.ts";
import { routeOf, type Route } from "./route.ts";

/** What an aggregate keeps of one job until a `process` takes it. */
export interface AggregateItem {
  readonly job: string;
  readonly payload: Payload;
  /** The process job whose fixed set it belongs to, or null. */
  claimedBy: string | null;
}

/** A page of ended jobs in the records stream. */
export interface PageEntry {
  /** Its sequence in the records stream. */
  readonly page: number;
  readonly jobs: readonly string[];
  /** See `PageEvent`. */
  readonly stored: readonly string[];
  readonly at: number;
}

export interface RevisionRoutes {
  readonly graph: Graph;
  readonly run: Route;
  readonly process: Route;
}

export interface JournalState {
  epoch: number;
  /** Events folded since the journal began: positions in it. */
  position: number;
  readonly revisions: Map<string, RevisionRoutes>;
  /** Open jobs, and ended ones that are not on a page yet. In order of submission. */
  readonly jobs: Map<string, Job>;
  openJobs: number;
  /** Bytes of all inline payloads in `jobs` and `aggregates`. */
  inlineBytes: number;
  /** What the items of `aggregates` take in memory, about. */
  itemBytes: number;
  /** Ended jobs that wait for their page, oldest first. */
  readonly ended: Set<string>;
  /** Items by the aggregate's module name, in journal order. They outlive revisions. */
  readonly aggregates: Map<string, AggregateItem[]>;
  readonly pages: PageEntry[];
  /** Where a recorded job is found: page numbers by job id. */
  readonly index: Map<string, number>;
  /** The newest snapshot that counts. */
  snapshot: { readonly number: number; readonly through: number };
  readonly totals: { done: number; failed: number; cancelled: number };
}

export function emptyState(): JournalState {
  return {
    epoch: 0,
    position: 0,
    revisions: new Map(),
    jobs: new Map(),
    openJobs: 0,
    inlineBytes: 0,
    itemBytes: 0,
    ended: new Set(),
    aggregates: new Map(),
    pages: [],
    index: new Map(),
    snapshot: { number: 0, through: 0 },
    totals: { done: 0, failed: 0, cancelled: 0 },
  };
}

export function addRevision(state: JournalState, graph: Graph): void {
  if (state.revisions.has(graph.id)) return;
  state.revisions.set(graph.id, { graph, run: routeOf(graph, "run"), process: routeOf(graph, "process") });
}

/** @returns whether it has left; one that a job needs stays. */
export function releaseRevision(state: JournalState, revision: string): boolean {
  return !revisionsInUse(state).has(revision) && state.revisions.delete(revision);
}

/** Revisions of all jobs that have not left the fold. */
export function revisionsInUse(state: JournalState): ReadonlySet<string> {
  const used = new Set<string>();
  for (const { route } of state.jobs.values()) used.add(route.graph.id);
  return used;
}

export function findRoute(state: JournalState, revision: string, phase: Phase): Route | undefined {
  return state.revisions.get(revision)?.[phase];
}

export function addPage(state: JournalState, entry: PageEntry): void {
  state.pages.push(entry);
  for (const job of entry.jobs) state.index.set(job, entry.page);
}
