/** The way of a job through the groups of a revision, worked out once per revision and phase. */
import { modulesInPhase, startCondition, type Graph } from "@troupe/model";
import type { Phase } from "@troupe/protocol";

/** A group's part in a phase. */
export interface Stop {
  readonly group: number;
  readonly name: string;
  readonly templateHash: string;
  readonly modules: readonly number[];
  /** The start condition: modules of other groups that must be journalled (E4). */
  readonly needs: readonly number[];
  /** The module whose result ends the block. */
  readonly last: number;
  /** Modules whose results the block brings, in the order in which they come. */
  readonly results: readonly number[];
  /** Modules whose results come from outside or are journalled, in the order in which a run lists them. */
  readonly inherits: readonly number[];
}

export interface Route {
  readonly graph: Graph;
  readonly phase: Phase;
  /** By index of the group; undefined where a group takes no part. */
  readonly stops: readonly (Stop | undefined)[];
  readonly stopCount: number;
  /** For each module: the groups that wait for it. */
  readonly waiting: readonly (readonly Stop[])[];
  /** Aggregates that `process` in this route. */
  readonly aggregates: readonly number[];
}

export function routeOf(graph: Graph, phase: Phase): Route {
  const stops = graph.groups.map((_, group) => stopOf(graph, group, phase));
  const present = stops.filter((stop) => stop !== undefined);
  return {
    graph,
    phase,
    stops,
    stopCount: present.length,
    waiting: graph.modules.map((_, module) => present.filter((stop) => stop.needs.includes(module))),
    aggregates: phase === "process" ? graph.modules.flatMap((module, index) => (module.aggregate ? [index] : [])) : [],
  };
}

function stopOf(graph: Graph, group: number, phase: Phase): Stop | undefined {
  const compiled = graph.groups[group];
  if (compiled === undefined) return undefined;
  const modules = modulesInPhase(graph, compiled, phase);
  const last = modules.at(-1);
  if (last === undefined) return undefined;
  const needs = startCondition(graph, compiled, phase);
  const results = modules.filter((module) => module === last || graph.modules[module]?.journalled === true);
  const inherits = [...needs, ...results.slice(0, -1)];
  return { group, name: compiled.name, templateHash: compiled.templateHash, modules, needs, last, results, inherits };
}
