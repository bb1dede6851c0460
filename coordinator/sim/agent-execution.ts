/** An execution as a simulated replica has it, from its `run` until all that it brought is acknowledged. */
import type { Graph } from "@troupe/model";
import type { Done, Fail, HandBack, Run } from "@troupe/protocol";
import { modulesToRun } from "./block-plan.ts";
import { numberOf } from "./tokens.ts";

export type Kept = Done | Fail | HandBack;

export interface Execution {
  readonly run: Run;
  readonly graph: Graph;
  readonly items: ReadonlyMap<number, readonly number[]>;
  stage: "queued" | "running" | "ended";
  cancelled: boolean;
  readonly kept: Map<number, { readonly message: Kept; sentAt: number }>;
  /** Modules that are still to be run. */
  left: number[];
  module: number | null;
  blockStartedAt: number;
  /** Tokens of results that are journalled by themselves. */
  readonly results: Map<number, number>;
  spans: Done["spans"][number][];
}

export function newExecution(run: Run, items: Execution["items"], graph: Graph, group: number): Execution {
  const inherited = new Set(run.results.map(({ module }) => module));
  return {
    run,
    graph,
    items,
    stage: "queued",
    cancelled: false,
    kept: new Map(),
    left: modulesToRun(graph, group, run.phase, inherited),
    module: null,
    blockStartedAt: 0,
    results: new Map(run.results.map(({ module, output }) => [module, numberOf(output)])),
    spans: [],
  };
}

/** Whether it may run beside those that run; one that is to run alone has no neighbours (E9). */
export function hasRoomFor({ run }: Execution, running: ReadonlySet<Execution>, permits: number): boolean {
  if (running.size === 0) return true;
  if (run.alone || [...running].some((other) => other.run.alone)) return false;
  return running.size < permits;
}

/** What it keeps and has not said for so long, which is said again (E3). @param now milliseconds since the beginning. */
export function takeOverdue({ kept }: Execution, now: number, afterMs: number): Kept[] {
  const overdue = [...kept.values()].filter(({ sentAt }) => now - sentAt >= afterMs);
  for (const each of overdue) each.sentAt = now;
  return overdue.map(({ message }) => message);
}
