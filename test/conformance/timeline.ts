/** Facts about what ran when: order, overlap, counts, and what waited for what. No duration is compared with a clock. */
import type { JobOutcome, Span } from "@troupe/sdk";

/** One run of a module, with the place of its job among the inputs. */
export interface Run extends Span {
  readonly job: number;
}

/** What one group did for one job, from its first module to its last. */
export interface Interval {
  readonly startedAt: number;
  readonly endedAt: number;
}

/** Replicas are processes of their own, whose clocks may differ by so much. */
const SKEW_MS = 2;

export function runsOf(outcomes: readonly JobOutcome[]): Run[] {
  return outcomes.flatMap(({ spans }, job) => (spans ?? []).map((span) => ({ ...span, job })));
}

/** The run of a module for a job. @throws {Error} when there is none, or more than one */
export function runOf(runs: readonly Run[], module: string, job: number): Run {
  const [found, ...others] = runs.filter((run) => run.module === module && run.job === job);
  if (found === undefined || others.length > 0)
    throw new Error(`${module} of job ${job} ran ${others.length + (found === undefined ? 0 : 1)} times`);
  return found;
}

/** What a group did for a job. */
export function blockOf(runs: readonly Run[], group: string, job: number): Interval {
  const members = runs.filter((run) => run.group === group && run.job === job);
  if (members.length === 0) throw new Error(`group ${group} did nothing for job ${job}`);
  return {
    startedAt: Math.min(...members.map(({ startedAt }) => startedAt)),
    endedAt: Math.max(...members.map(({ endedAt }) => endedAt)),
  };
}

export function overlap(a: Interval, b: Interval): boolean {
  return a.startedAt < b.endedAt && b.startedAt < a.endedAt;
}

/** Whether `next` started only when `first` had ended. */
export function follows(next: Interval, first: Interval): boolean {
  return next.startedAt >= first.endedAt - SKEW_MS;
}

/** How many of them were under way at the same moment, at most. */
export function mostAtOnce(intervals: readonly Interval[]): number {
  const counts = intervals.map(
    ({ startedAt }) => intervals.filter((other) => other.startedAt <= startedAt && startedAt < other.endedAt).length,
  );
  return Math.max(0, ...counts);
}

/** Jobs in the order in which a module ran for them. */
export function orderOf(runs: readonly Run[], module: string): number[] {
  return runs
    .filter((run) => run.module === module)
    .toSorted((a, b) => a.startedAt - b.startedAt)
    .map(({ job }) => job);
}

/** Parents by module. */
export type Graph = Readonly<Record<string, readonly string[]>>;

/**
 * What the last run waited for, and what that waited for, back to a run that waited for nothing: the modules that make up the
 * time of all jobs together. A run waits for its parents and for the replica, which works on one block at a time.
 */
export function criticalPath(runs: readonly Run[], graph: Graph): string[] {
  const path: string[] = [];
  let at = lastOf(runs);
  while (at !== undefined) {
    path.unshift(at.module);
    const { job, replica, startedAt, module } = at;
    const parents = runs.filter((run) => run.job === job && (graph[module] ?? []).includes(run.module));
    const before = runs.filter((run) => run.replica === replica && run !== at && run.endedAt <= startedAt);
    at = lastOf([...parents, ...before]);
  }
  return path;
}

function lastOf(runs: readonly Run[]): Run | undefined {
  return runs.toSorted((a, b) => a.endedAt - b.endedAt).at(-1);
}
