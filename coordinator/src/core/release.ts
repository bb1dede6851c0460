/**
 * Which stored payloads nobody needs any more. What is stored for a job is needed while it is open or a record, and while an aggregate holds
 * something of it.
 */
import { isInline } from "@troupe/protocol";
import { claimedItems } from "./aggregates.ts";
import type { DoneEvent, JournalEvent } from "./events.ts";
import type { JournalState } from "./state.ts";

const NONE: readonly string[] = [];

/** To be asked before the event is folded: jobs with stored payloads that may be needed by nobody afterwards. */
export function leavingWith(state: JournalState, event: JournalEvent): readonly string[] {
  if (event.type === "done") return storedItems(state, event);
  if (event.type !== "forget") return NONE;
  return state.pages.filter(({ page }) => page < event.below).flatMap(({ stored }) => stored);
}

/** The jobs of the stored items that the result of a `process` consumes, if it counts. */
function storedItems(state: JournalState, event: DoneEvent): readonly string[] {
  const job = state.jobs.get(event.job);
  if (job?.route.phase !== "process" || job.route.graph.modules[event.module]?.aggregate !== true) return NONE;
  return claimedItems(state, job, event.module).flatMap((item) => (isInline(item.payload) ? [] : [item.job]));
}

/** To be asked after it is folded: those of them that nobody needs. */
export function nobodys(state: JournalState, jobs: readonly string[]): readonly string[] {
  if (jobs.length === 0) return jobs;
  const isNeeded = needs(state);
  return [...new Set(jobs)].filter((job) => !isNeeded(job));
}

/** Tells, of the state as it is now, whether what is stored for a job is needed. */
export function needs(state: JournalState): (job: string) => boolean {
  const held = new Set([...state.aggregates.values()].flatMap((items) => items.map(({ job }) => job)));
  return (job) => state.jobs.has(job) || state.index.has(job) || held.has(job);
}
