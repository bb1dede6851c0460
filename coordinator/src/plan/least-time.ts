/**
 * How long the jobs take at least because of each group, however many replicas all others have: nothing reaches the group before the
 * shortest way to it, then its replicas work without a pause, and the last block still has the shortest way out.
 */
import type { Graph } from "@troupe/model";
import { routeOf } from "../core/route.ts";
import type { VirtualRunOptions } from "./virtual-run.ts";

/** Microseconds by index of the group; 0 where it takes no part. */
export function leastTimesUs(graph: Graph, options: VirtualRunOptions): number[] {
  const { jobs, replicas, durationUs } = options;
  const totals = graph.modules.map((_, module) => totalAndLeast(jobs, (job) => durationUs(module, job)));
  const least = (module: number): number => totals[module]?.least ?? 0;
  const before = precedence(graph);
  const after = reversed(before);
  const arrival = longestPaths(before, least);
  const departure = longestPaths(after, least);
  return routeOf(graph, "run").stops.map((stop, group) => {
    const first = stop?.modules[0];
    if (stop === undefined || first === undefined) return 0;
    const workUs = stop.modules.reduce((sum, module) => sum + (totals[module]?.total ?? 0), 0);
    const permits = (replicas[group] ?? 1) * (graph.groups[group]?.concurrency ?? 1);
    return arrival(first) - least(first) + Math.ceil(workUs / permits) + (departure(stop.last) - least(stop.last));
  });
}

function totalAndLeast(jobs: number, of: (job: number) => number): { readonly total: number; readonly least: number } {
  let [total, least] = [0, Infinity];
  for (let job = 0; job < jobs; job++) {
    total += of(job);
    least = Math.min(least, of(job));
  }
  return { total, least };
}

/** By module: what ends before it starts. In a block one module follows the other, and the first one follows the start condition. */
function precedence(graph: Graph): number[][] {
  const before: number[][] = graph.modules.map(() => []);
  for (const stop of routeOf(graph, "run").stops) {
    stop?.modules.forEach((module, at) => {
      before[module] = at === 0 ? [...stop.needs] : [stop.modules[at - 1] ?? -1];
    });
  }
  return before;
}

function reversed(before: readonly (readonly number[])[]): number[][] {
  const after: number[][] = before.map(() => []);
  before.forEach((modules, successor) => {
    for (const module of modules) after[module]?.push(successor);
  });
  return after;
}

/** By module: the longest way to its end, itself included. */
function longestPaths(
  before: readonly (readonly number[])[],
  length: (module: number) => number,
): (module: number) => number {
  const known = new Map<number, number>();
  const upTo = (module: number): number => {
    const found = known.get(module);
    if (found !== undefined) return found;
    const path = length(module) + Math.max(0, ...(before[module] ?? []).map(upTo));
    known.set(module, path);
    return path;
  };
  return upTo;
}
