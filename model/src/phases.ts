/** Which modules run in which phase: the rule that coordinator and host must share to the letter. */
import { runsInProcessPhase, runsInRunPhase } from "./graph/start-conditions.ts";
import type { CompiledGroup, CompiledModule, Revision } from "./revision.ts";

export type JobPhase = "run" | "process";

type Modules = { readonly modules: readonly Pick<CompiledModule, "phase" | "aggregate" | "dependsOn" | "group">[] };

/**
 * Phase `run`: `run()` of regular modules, and `aggregate()` of aggregates. Phase `process`: `process()` of every aggregate, and all that lies
 * downstream of one.
 */
export function isInPhase(revision: Modules, module: number, phase: JobPhase): boolean {
  const compiled = revision.modules[module];
  if (compiled === undefined) return false;
  return phase === "run" ? runsInRunPhase(compiled) : runsInProcessPhase(compiled);
}

/** The group's modules that run in the phase, in execution order; empty when the group takes no part in it. */
export function modulesInPhase(revision: Modules, group: Pick<CompiledGroup, "modules">, phase: JobPhase): number[] {
  return group.modules.filter((module) => isInPhase(revision, module, phase));
}

/**
 * The parents whose results a module gets in the phase, in declared order: those that run in it. So an aggregate in `process` gets items
 * instead of regular results.
 */
export function parentsInPhase(revision: Modules, module: number, phase: JobPhase): number[] {
  const parents = revision.modules[module]?.dependsOn ?? [];
  return parents.filter((parent) => isInPhase(revision, parent, phase));
}

/** The start condition of a group in a phase: modules outside it that its modules depend on, each once (E4). */
export function startCondition(revision: Modules, group: Pick<CompiledGroup, "modules">, phase: JobPhase): number[] {
  const inside = new Set(group.modules);
  const outside = modulesInPhase(revision, group, phase)
    .flatMap((module) => parentsInPhase(revision, module, phase))
    .filter((parent) => !inside.has(parent));
  return [...new Set(outside)];
}

/** What the engine needs of a revision: all but parameters and context. Small enough to be journalled. */
export type Graph = Pick<Revision, "id" | "modules" | "groups" | "jobs">;

export function graphOf({ id, modules, groups, jobs }: Revision): Graph {
  return { id, modules: modules.map((module) => ({ ...module, parameters: {} })), groups, jobs };
}
