/** How busy each group is in a planned run, and whether its blocks waited for a replica. */
import type { Graph } from "@troupe/model";
import type { VirtualSpan } from "./virtual-replica.ts";

export interface GroupLoad {
  readonly group: string;
  readonly replicas: number;
  /** Seconds in which its modules ran, all jobs and replicas added up. */
  readonly busySeconds: number;
  /** Seconds in which blocks were ready and had no replica, added up. */
  readonly waitingSeconds: number;
  /** Part of its replicas' time in which they were busy, between 0 and 1. */
  readonly utilisation: number;
}

/** Groups that take part, in the order of the revision. */
export function loadOf(
  graph: Graph,
  {
    spans,
    replicas,
    makespanMs,
  }: { readonly spans: readonly VirtualSpan[]; readonly replicas: readonly number[]; readonly makespanMs: number },
): GroupLoad[] {
  const busyMs = graph.groups.map(() => 0);
  const waitingMs = graph.groups.map(() => 0);
  const takesPart = new Set<number>();
  for (const { group, readyAt, startedAt, endedAt } of spans) {
    takesPart.add(group);
    busyMs[group] = (busyMs[group] ?? 0) + (endedAt - startedAt);
    waitingMs[group] = (waitingMs[group] ?? 0) + (startedAt - readyAt);
  }
  return graph.groups.flatMap(({ name, concurrency }, index) => {
    if (!takesPart.has(index)) return [];
    const count = replicas[index] ?? 1;
    const availableMs = count * concurrency * makespanMs;
    const busy = busyMs[index] ?? 0;
    return [
      {
        group: name,
        replicas: count,
        busySeconds: toSeconds(busy),
        waitingSeconds: toSeconds(waitingMs[index] ?? 0),
        utilisation: availableMs === 0 ? 0 : busy / availableMs,
      },
    ];
  });
}

/** Without the dust of summing floats: the clock counts whole microseconds. */
export function toSeconds(ms: number): number {
  return Math.round(ms * 1000) / 1e6;
}
