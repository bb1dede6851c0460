import { phasesOf } from "../graph/phases.ts";
import { topologicalOrder } from "../graph/topological-order.ts";
import type { ModuleSpec, ModuleTypeFacts } from "../manifest.ts";
import type { CompiledModule, ModulePhase } from "../revision.ts";
import { optionalMilliseconds } from "./milliseconds.ts";

export interface CompiledGraph {
  readonly modules: readonly CompiledModule[];
  /** For every group its modules in execution order. */
  readonly order: readonly (readonly number[])[];
}

export function compileModules(
  specs: readonly ModuleSpec[],
  groups: readonly string[],
  types: readonly ModuleTypeFacts[],
): CompiledGraph {
  const indexOf = new Map(specs.map(({ name }, index) => [name, index]));
  const parents = specs.map((spec) => (spec.dependsOn ?? []).map((name) => known(indexOf, name)));
  const aggregates = specs.map(
    (spec) => spec.aggregate === true || types.some(({ type, aggregate }) => aggregate && type === spec.type),
  );
  const phases = phasesOf(parents, aggregates);
  const groupOf = specs.map(({ group }) => groups.indexOf(group));
  const order = groups.map((_, group) => executionOrder(group, groupOf, parents));
  const placed = specs.map((spec, index) => ({
    ...compileModule(spec, groupOf[index] ?? -1),
    dependsOn: parents[index] ?? [],
    aggregate: aggregates[index] === true,
    phase: phases[index] ?? ("regular" as const),
  }));
  const journalled = new Set([
    ...order.flatMap((modules) => lastOfPhases(modules, phases)),
    ...neededElsewhere(placed),
  ]);
  return { modules: placed.map((module, index) => ({ ...module, journalled: journalled.has(index) })), order };
}

type Compiled = Omit<CompiledModule, "journalled">;

function compileModule(spec: ModuleSpec, group: number): Omit<Compiled, "dependsOn" | "aggregate" | "phase"> {
  return {
    name: spec.name,
    type: spec.type,
    group,
    expose: spec.expose === true ? spec.name : typeof spec.expose === "string" ? spec.expose : null,
    parameters: spec.parameters ?? {},
    timeoutMs: optionalMilliseconds(spec.timeoutSeconds),
    estimateSeconds: spec.estimateSeconds ?? null,
  };
}

function executionOrder(group: number, groupOf: readonly number[], parents: readonly (readonly number[])[]): number[] {
  const members = groupOf.flatMap((of, index) => (of === group ? [index] : []));
  const inside = new Map(members.map((index, at) => [index, at]));
  const local = members.map((index) => (parents[index] ?? []).flatMap((parent) => inside.get(parent) ?? []));
  return topologicalOrder(local).map((at) => members[at] ?? -1);
}

function lastOfPhases(order: readonly number[], phases: readonly ModulePhase[]): number[] {
  return (["regular", "aggregate"] as const).flatMap(
    (phase) => order.findLast((index) => phases[index] === phase) ?? [],
  );
}

/** Exposed modules, aggregates, parents of modules in other groups, and modules that nothing follows. */
function neededElsewhere(modules: readonly Compiled[]): number[] {
  const followed = new Set(modules.flatMap(({ dependsOn }) => dependsOn));
  const outside = modules.flatMap(({ dependsOn, group }) =>
    dependsOn.filter((parent) => modules[parent]?.group !== group),
  );
  const own = modules.flatMap((module, index) =>
    module.expose !== null || module.aggregate || !followed.has(index) ? [index] : [],
  );
  return [...own, ...outside];
}

function known(indexOf: ReadonlyMap<string, number>, name: string): number {
  const index = indexOf.get(name);
  if (index === undefined)
    throw new Error(`Module "${name}" is not declared: validate the manifest before compiling it.`);
  return index;
}
