/** Which of the declared time limits a planned run would break. The plan itself goes on: it says how long the work takes. */
import type { Graph } from "@troupe/model";
import type { VirtualSpan } from "./virtual-replica.ts";

export function brokenTimeLimits(graph: Graph, spans: readonly VirtualSpan[]): string[] {
  return [...slowModules(graph, spans), ...longWaits(graph, spans), ...longJobs(graph, spans)];
}

function slowModules(graph: Graph, spans: readonly VirtualSpan[]): string[] {
  const longestMs = graph.modules.map(() => 0);
  for (const { module, startedAt, endedAt } of spans)
    longestMs[module] = Math.max(longestMs[module] ?? 0, endedAt - startedAt);
  return graph.modules.flatMap(({ name, timeoutMs }, index) => {
    const ms = longestMs[index] ?? 0;
    return timeoutMs === null || ms <= timeoutMs
      ? []
      : [
          `module ${name} takes ${seconds(ms)}, longer than its timeoutSeconds (${timeoutMs / 1000}): it would be aborted`,
        ];
  });
}

function longWaits({ jobs, groups }: Graph, spans: readonly VirtualSpan[]): string[] {
  const { queueTimeoutMs } = jobs;
  if (queueTimeoutMs === null) return [];
  const late = spans.filter(({ readyAt, startedAt }) => startedAt - readyAt > queueTimeoutMs);
  return groups.flatMap(({ name }, index) => {
    const count = new Set(late.filter(({ group }) => group === index).map(({ job }) => job)).size;
    return count === 0
      ? []
      : [
          `${jobsText(count)} would wait for group ${name} longer than jobs.queueTimeoutSeconds (${queueTimeoutMs / 1000}) and fail`,
        ];
  });
}

function longJobs({ jobs: { timeoutMs } }: Graph, spans: readonly VirtualSpan[]): string[] {
  if (timeoutMs === null) return [];
  const times = new Map<string, { first: number; last: number }>();
  for (const { job, readyAt, endedAt } of spans) {
    const known = times.get(job);
    times.set(job, {
      first: Math.min(known?.first ?? readyAt, readyAt),
      last: Math.max(known?.last ?? endedAt, endedAt),
    });
  }
  const count = [...times.values()].filter(({ first, last }) => last - first > timeoutMs).length;
  return count === 0
    ? []
    : [`${jobsText(count)} would take longer than jobs.timeoutSeconds (${timeoutMs / 1000}) and fail`];
}

function jobsText(count: number): string {
  return count === 1 ? "1 job" : `${count} jobs`;
}

function seconds(ms: number): string {
  return `${Number((ms / 1000).toPrecision(3))} s`;
}
