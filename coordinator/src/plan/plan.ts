/**
 * Predicts the timeline of a pipeline from the durations of its modules, by running the coordinator's core under a virtual clock:
 *
 *   durations.ts            how long each module takes, and who says so
 *   timeline-durations.ts   durations from the timeline of a run
 *   virtual-run.ts          jobs through the core; the order of what happens at the same instant (P1–P4)
 *   virtual-replica.ts      replicas that do nothing but take their time
 *   load.ts, advice.ts      who is busy, and where one more replica helps
 *   time-limits.ts          which declared limits would be broken
 *
 * Only the modules' own time counts: the few milliseconds of the engine, the start of replicas and whether the machine has room for all of
 * them are not part of a plan.
 */
import { graphOf, type Revision } from "@troupe/model";
import { adviseReplicas, type Advice } from "./advice.ts";
import { durationTable, type DurationTable, type Durations } from "./durations.ts";
import { loadOf, toSeconds, type GroupLoad } from "./load.ts";
import { PlanError } from "./plan-error.ts";
import { replicaCounts } from "./replica-counts.ts";
import { brokenTimeLimits } from "./time-limits.ts";
import type { VirtualSpan } from "./virtual-replica.ts";
import { runVirtually } from "./virtual-run.ts";

export interface PlanOptions {
  /** Submitted all at once. At most 100,000. */
  readonly jobs: number;
  /** For modules without `estimateSeconds`. */
  readonly durations?: Durations;
  /** By name of the group. Default: what the revision says, else 1. */
  readonly replicas?: Readonly<Record<string, number>>;
}

/** One module's run for one job, as in the timeline of a run. Milliseconds since the start. */
export interface PlannedSpan {
  /** The job's index from 0, as a text. */
  readonly job: string;
  readonly module: string;
  readonly group: string;
  readonly replica: string;
  readonly attempt: number;
  /** When all that it depends on was there, and its block was at it. */
  readonly readyAt: number;
  readonly startedAt: number;
  readonly endedAt: number;
}

export interface Plan {
  /** One module after another, one job after another. */
  readonly sequentialSeconds: number;
  /** From the submission of the jobs to the end of the last one. */
  readonly makespanSeconds: number;
  /** In the order in which they end. */
  readonly spans: readonly PlannedSpan[];
  /** Where one more replica saves time, the largest saving first; empty when nowhere. */
  readonly advice: readonly Advice[];
  /** Groups that take part. */
  readonly groups: readonly GroupLoad[];
  /** The group whose replicas are busiest; null when nothing runs. */
  readonly bottleneck: string | null;
  /** What should be known before the plan is trusted, in words. */
  readonly warnings: readonly string[];
}

const MAX_JOBS = 100_000;

/** @throws {PlanError} when durations are missing, or an option cannot be. */
export function planPipeline(revision: Revision, options: PlanOptions): Plan {
  checkJobs(options.jobs);
  const graph = graphOf(revision);
  const replicas = replicaCounts(revision, options.replicas);
  const durations = durationTable(revision, options.durations);
  const spans: VirtualSpan[] = [];
  const run = { jobs: options.jobs, replicas, durationUs: durations.of };
  const makespanMs = runVirtually(graph, { ...run, onSpan: (span) => spans.push(span) });
  const groups = loadOf(graph, { spans, replicas, makespanMs });
  return {
    sequentialSeconds: sequentialSeconds(spans, durations),
    makespanSeconds: toSeconds(makespanMs),
    spans: spans.map((span) => named(revision, span)),
    advice: adviseReplicas(graph, run, groups, makespanMs),
    groups,
    bottleneck: busiest(groups),
    warnings: [...durations.warnings, ...brokenTimeLimits(graph, spans)],
  };
}

function checkJobs(jobs: number): void {
  if (Number.isInteger(jobs) && jobs >= 1 && jobs <= MAX_JOBS) return;
  throw new PlanError("InvalidJobs", `${jobs} jobs cannot be planned`, `Give a whole number from 1 to ${MAX_JOBS}.`);
}

function sequentialSeconds(spans: readonly VirtualSpan[], durations: DurationTable): number {
  return spans.reduce((sumUs, { module, job }) => sumUs + durations.of(module, Number(job)), 0) / 1e6;
}

function named({ modules, groups }: Revision, { module, group, ...times }: VirtualSpan): PlannedSpan {
  const { job, replica, attempt, readyAt, startedAt, endedAt } = times;
  return {
    job,
    module: modules[module]?.name ?? "",
    group: groups[group]?.name ?? "",
    replica,
    attempt,
    readyAt,
    startedAt,
    endedAt,
  };
}

function busiest(groups: readonly GroupLoad[]): string | null {
  const first = groups.toSorted((a, b) => b.utilisation - a.utilisation)[0];
  return first === undefined || first.utilisation === 0 ? null : first.group;
}
