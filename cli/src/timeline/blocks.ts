import type { Timeline, TimelineJob, TimelineSpan } from "./timeline.ts";

/** What one group did for one job in one attempt: its modules, one after another, and the wait before the first. */
export interface Block {
  readonly job: TimelineJob;
  readonly group: string;
  readonly replica: string;
  readonly attempt: number;
  readonly spans: readonly TimelineSpan[];
  readonly readyAt: number;
  readonly startedAt: number;
  readonly endedAt: number;
}

/**
 * Puts spans together to blocks. Waiting is counted per block and not per module: what follows the first module of a block
 * never waits for a replica.
 */
export function blocksOf(timeline: Timeline): Block[] {
  const jobs = new Map(timeline.jobs.map((job) => [job.id, job]));
  const found = new Map<string, TimelineSpan[]>();
  for (const span of timeline.spans) {
    const key = JSON.stringify([span.job, span.group, span.attempt, span.replica]);
    const spans = found.get(key);
    if (spans === undefined) found.set(key, [span]);
    else spans.push(span);
  }
  const blocks = [...found.values()].flatMap((spans) => blockOf(spans, jobs));
  return blocks.toSorted((a, b) => a.startedAt - b.startedAt || a.job.index - b.job.index);
}

function blockOf(unsorted: readonly TimelineSpan[], jobs: ReadonlyMap<string, TimelineJob>): Block[] {
  const spans = unsorted.toSorted((a, b) => a.startedAt - b.startedAt);
  const [first] = spans;
  if (first === undefined) return [];
  const { group, replica, attempt } = first;
  const endedAt = spans.reduce((latest, span) => Math.max(latest, span.endedAt), first.endedAt);
  const job = jobs.get(first.job) ?? unlistedJob(first.job, jobs.size);
  const readyAt = Math.min(first.readyAt, first.startedAt);
  return [{ job, group, replica, attempt, spans, readyAt, startedAt: first.startedAt, endedAt }];
}

function unlistedJob(id: string, index: number): TimelineJob {
  return { id, index, state: "running", submittedAt: 0, endedAt: null };
}
