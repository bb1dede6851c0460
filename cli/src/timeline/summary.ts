import { lanesOf, type GroupLanes, type Lane } from "./lanes.ts";
import type { Block } from "./blocks.ts";
import type { Timeline } from "./timeline.ts";

/** What a timeline says in numbers. */
export interface Summary {
  /** Not counting the aggregates' run. */
  readonly jobs: number;
  /** All runs of all modules added up: what one process would take that does one thing after another. */
  readonly sequentialMs: number;
  /** From the start to the end of the last run. */
  readonly makespanMs: number;
  /** `sequentialMs / makespanMs`; 1 when nothing ran. */
  readonly speedUp: number;
  /** All waits of ready blocks for a replica added up. */
  readonly waitingMs: number;
  /** The lane that ran most; null when nothing ran. */
  readonly busiest: {
    readonly group: string;
    readonly label: string;
    readonly busyMs: number;
    readonly share: number;
  } | null;
  /** Of groups with several lanes: how long at least two of them ran at once. */
  readonly overlaps: readonly Overlap[];
}

export interface Overlap {
  readonly group: string;
  readonly lanes: number;
  readonly togetherMs: number;
  /** Of the time in which at least one of them ran, the part in which at least two did. */
  readonly share: number;
}

export function summaryOf(timeline: Timeline, groups: readonly GroupLanes[] = lanesOf(timeline)): Summary {
  const makespanMs = endOf(timeline);
  const sequentialMs = timeline.spans.reduce((sum, span) => sum + (span.endedAt - span.startedAt), 0);
  const blocks = groups.flatMap((group) => group.blocks);
  return {
    jobs: timeline.jobs.filter(({ phase }) => phase !== "process").length,
    sequentialMs,
    makespanMs,
    speedUp: makespanMs > 0 ? sequentialMs / makespanMs : 1,
    waitingMs: blocks.reduce((sum, block) => sum + (block.startedAt - block.readyAt), 0),
    busiest: busiestOf(groups, makespanMs),
    overlaps: groups.filter((group) => group.lanes.length > 1).map(overlapOf),
  };
}

/** When the last run ended, in milliseconds since the start; 0 when nothing ran. */
export function endOf(timeline: Timeline): number {
  return timeline.spans.reduce((latest, span) => Math.max(latest, span.endedAt), 0);
}

function busiestOf(groups: readonly GroupLanes[], makespanMs: number): Summary["busiest"] {
  const all = groups.flatMap(({ group, lanes }) => lanes.map((lane) => ({ group, lane })));
  const [first, ...others] = all;
  if (first === undefined || makespanMs === 0) return null;
  const { group, lane } = others.reduce((most, next) => (next.lane.busyMs > most.lane.busyMs ? next : most), first);
  return { group, label: nameOfLane(group, lane), busyMs: lane.busyMs, share: lane.busyMs / makespanMs };
}

/** `g2` or `g2 #1`. */
export function nameOfLane(group: string, lane: Lane): string {
  return lane.label === "" ? group : `${group} ${lane.label}`;
}

function overlapOf({ group, lanes, blocks }: GroupLanes): Overlap {
  const { anyMs, togetherMs } = together(blocks);
  return { group, lanes: lanes.length, togetherMs, share: anyMs > 0 ? togetherMs / anyMs : 0 };
}

/** Sweeps over starts and ends, counting how many run. */
function together(blocks: readonly Block[]): { anyMs: number; togetherMs: number } {
  const steps = blocks.flatMap(({ startedAt, endedAt }) => [
    { at: startedAt, by: 1 },
    { at: endedAt, by: -1 },
  ]);
  let [anyMs, togetherMs, running, since] = [0, 0, 0, 0];
  for (const { at, by } of steps.toSorted((a, b) => a.at - b.at || a.by - b.by)) {
    if (running >= 1) anyMs += at - since;
    if (running >= 2) togetherMs += at - since;
    running += by;
    since = at;
  }
  return { anyMs, togetherMs };
}
