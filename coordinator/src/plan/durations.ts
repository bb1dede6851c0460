/** How long every module takes for every job, from what was declared and what was measured. */
import { modulesInPhase, type Revision } from "@troupe/model";
import { PlanError } from "./plan-error.ts";

/** By name of the module, in seconds. A list holds one number per job, and starts over when there are more jobs. */
export type Durations = ReadonlyMap<string, number | readonly number[]>;

export interface DurationTable {
  /** Microseconds that the module takes for the job, both by index. */
  readonly of: (module: number, job: number) => number;
  /** What the planner chose or left aside, in words. */
  readonly warnings: readonly string[];
}

/** Longer than a year is a mistake in the unit, or as good as never. */
const MAX_SECONDS = 366 * 86_400;

/**
 * A declared estimate counts before a measurement: it is what the author says about the runs to come.
 *
 * @throws {PlanError} when a module that runs has neither, or one is no duration.
 */
export function durationTable(revision: Revision, durations: Durations = new Map()): DurationTable {
  const running = new Set(revision.groups.flatMap((group) => modulesInPhase(revision, group, "run")));
  const chosen = revision.modules.map(({ name, estimateSeconds }, index) =>
    running.has(index) ? (estimateSeconds ?? durations.get(name)) : 0,
  );
  const missing = revision.modules.flatMap(({ name }, index) => (chosen[index] === undefined ? [name] : []));
  if (missing.length > 0) throw missingDurations(missing);
  const table = chosen.map((value, index) => microsecondsOf(revision.modules[index]?.name ?? "", value ?? 0));
  return {
    of: (module, job) => {
      const row = table[module] ?? [];
      return row[job % row.length] ?? 0;
    },
    warnings: [...ignoredMeasurements(revision, durations), ...foreignMeasurements(revision, durations)],
  };
}

function microsecondsOf(module: string, seconds: number | readonly number[]): number[] {
  const row = typeof seconds === "number" ? [seconds] : seconds;
  if (row.length === 0) {
    throw new PlanError(
      "InvalidDurations",
      `module ${module} has an empty list of durations`,
      "Give at least one number of seconds.",
    );
  }
  return row.map((value) => {
    if (value >= 0 && value <= MAX_SECONDS) return Math.round(value * 1e6);
    throw new PlanError(
      "InvalidDurations",
      `module ${module} cannot take ${value} s`,
      "A duration is a number of seconds from 0 to a year.",
    );
  });
}

function missingDurations(modules: readonly string[]): PlanError {
  const [verb, them] = modules.length === 1 ? ["is", "the module"] : ["are", "each"];
  return new PlanError(
    "MissingDurations",
    `nothing says how long ${listed(modules)} ${verb} to take`,
    `Give ${them} estimateSeconds, or measure: \`troupe run FILE --timeline T.json\`, then \`troupe plan FILE --durations T.json\`.`,
  );
}

function listed(modules: readonly string[]): string {
  const [first = "", ...others] = modules;
  if (others.length === 0) return `module ${first}`;
  return `modules ${[first, ...others.slice(0, -1)].join(", ")} and ${others.at(-1) ?? ""}`;
}

function ignoredMeasurements(revision: Revision, durations: Durations): string[] {
  return revision.modules.flatMap(({ name, estimateSeconds }) => {
    const measured = durations.get(name);
    if (estimateSeconds === null || measured === undefined || measured === estimateSeconds) return [];
    const what = typeof measured === "number" ? `the measured ${round(measured)} s` : "what was measured";
    return [
      `module ${name}: its estimateSeconds (${estimateSeconds}) is used, not ${what}; take the estimate out to plan with the measurement`,
    ];
  });
}

function foreignMeasurements(revision: Revision, durations: Durations): string[] {
  const known = new Set(revision.modules.map(({ name }) => name));
  const foreign = [...durations.keys()].filter((name) => !known.has(name));
  return foreign.length === 0
    ? []
    : [`the durations also speak of ${foreign.join(", ")}, which this pipeline does not have`];
}

function round(seconds: number): number {
  return Number(seconds.toPrecision(3));
}
