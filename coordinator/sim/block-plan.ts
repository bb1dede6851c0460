/** What an execution of a block has to run, and what each result is made from: the host's rules, written for the simulation. */
import { modulesInPhase, parentsInPhase, type Graph } from "@troupe/model";
import type { Phase } from "@troupe/protocol";

/** Modules of the block to run, in order: those that are journalled by themselves and not inherited, and what they need. */
export function modulesToRun(graph: Graph, group: number, phase: Phase, inherited: ReadonlySet<number>): number[] {
  const order = modulesInPhase(graph, graph.groups[group] ?? { modules: [] }, phase);
  const needed = new Set<number>();
  for (const module of order.toReversed()) {
    if (inherited.has(module)) continue;
    if (graph.modules[module]?.journalled !== true && !needed.has(module)) continue;
    needed.add(module);
    for (const parent of parentsInPhase(graph, module, phase)) needed.add(parent);
  }
  return order.filter((module) => needed.has(module) && !inherited.has(module));
}

/**
 * The journalled results that a result of `module` is made from, directly or by way of modules that are not journalled.
 * @param results tokens by module: given to the execution, or made and sent by it.
 */
export function usedBy(
  graph: Graph,
  phase: Phase,
  module: number,
  results: ReadonlyMap<number, number>,
): Map<number, number> {
  const used = new Map<number, number>();
  const pending = [...parentsInPhase(graph, module, phase)];
  for (let parent = pending.pop(); parent !== undefined; parent = pending.pop()) {
    const token = results.get(parent);
    if (token === undefined) pending.push(...parentsInPhase(graph, parent, phase));
    else used.set(parent, token);
  }
  return used;
}
