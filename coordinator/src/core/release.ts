/**
 * Which stored payloads nobody needs any more. Each is named by its own id, and what goes, goes by that id: a job id may be submitted anew at the
 * moment at which its record expires, and then what the old job stored goes, and what is stored for the new one stays.
 *
 * What no event names (two executions stored a result, and one counted) is not found here; the sweep takes it.
 */
import { isInline, type Payload } from "@troupe/protocol";
import { claimedItems } from "./aggregates.ts";
import type { DoneEvent, JournalEvent } from "./events.ts";
import type { Job } from "./job.ts";
import { keptBlobs } from "./job-codec.ts";
import type { AggregateItem, JournalState } from "./state.ts";

const NONE: readonly string[] = [];

/** To be asked before the event is folded: stored payloads that may be needed by nobody afterwards. */
export function leavingWith(state: JournalState, event: JournalEvent): readonly string[] {
  if (event.type === "done") return consumedBy(state, event);
  if (event.type !== "forget") return NONE;
  return state.pages.filter(({ page }) => page < event.below).flatMap(({ stored }) => stored);
}

/** The stored items that the result of a `process` consumes, if it counts. */
function consumedBy(state: JournalState, event: DoneEvent): readonly string[] {
  const job = state.jobs.get(event.job);
  if (job?.route.phase !== "process" || job.route.graph.modules[event.module]?.aggregate !== true) return NONE;
  return claimedItems(state, job, event.module).flatMap(({ payload }) => idsOf(payload));
}

/** To be asked after it is folded: those of them that nobody needs. */
export function nobodys(state: JournalState, ids: readonly string[]): readonly string[] {
  if (ids.length === 0) return ids;
  const isHeld = holding(state);
  return [...new Set(ids)].filter((id) => {
    const job = state.jobs.get(jobOfBlob(id));
    return !isHeld(id) && (job === undefined || !namesBlob(job, id));
  });
}

/** Tells, of the state as it is now, whether a stored payload may be needed: an open job may be about to name it. */
export function needs(state: JournalState): (id: string) => boolean {
  const isHeld = holding(state);
  return (id) => state.jobs.has(jobOfBlob(id)) || isHeld(id);
}

/** Whether a record or an aggregate holds it. */
function holding(state: JournalState): (id: string) => boolean {
  const items = new Set([...state.aggregates.values()].flat().flatMap(holdOfItem));
  const pages = new Map(state.pages.map(({ page, stored }) => [page, stored]));
  const sets = new Map<number, ReadonlySet<string>>();
  return (id) => {
    const job = jobOfBlob(id);
    const page = state.index.get(job);
    if (items.has(id) || page === undefined) return items.has(id);
    const stored = sets.get(page) ?? new Set(pages.get(page));
    sets.set(page, stored);
    return id === job || stored.has(id) || stored.has(job);
  };
}

/** The job as well, which stands for all that is stored for it where a former version wrote the page. */
function holdOfItem({ job, payload }: AggregateItem): readonly string[] {
  return isInline(payload) ? NONE : [payload.ref.id, job];
}

function namesBlob(job: Job, id: string): boolean {
  if (id === job.id) return true;
  if (job.end !== undefined) return keptBlobs(job).includes(id);
  return [job.input, ...job.outputs].some((payload) => payload !== undefined && idsOf(payload).includes(id));
}

function idsOf(payload: Payload): readonly string[] {
  return isInline(payload) ? NONE : [payload.ref.id];
}

/** The job that something is stored for; also that of an id that names the job alone. */
export function jobOfBlob(id: string): string {
  const end = id.indexOf(".");
  return end === -1 ? id : id.slice(0, end);
}
