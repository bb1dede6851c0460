/** What the start conditions of groups are made from; a compiled module has it. */
export interface PlacedModule {
  readonly group: number;
  readonly dependsOn: readonly number[];
  readonly aggregate: boolean;
  readonly phase: "regular" | "aggregate";
}

/** Whether a module takes part in phase `run`: by `run`, or as an aggregate by `aggregate`. */
export function runsInRunPhase(module: PlacedModule): boolean {
  return module.phase === "regular" || module.aggregate;
}

/** Whether a module takes part in phase `process`. */
export function runsInProcessPhase(module: PlacedModule): boolean {
  return module.phase === "aggregate";
}

/**
 * For every group, ascending: the modules outside it that its modules of the given phase depend on, and that run in that
 * phase themselves. The group may start as soon as these are done (E4).
 */
export function startConditions(
  modules: readonly PlacedModule[],
  groupCount: number,
  phase: "run" | "process" = "run",
): number[][] {
  const takesPart = phase === "run" ? runsInRunPhase : runsInProcessPhase;
  const conditions = Array.from({ length: groupCount }, () => new Set<number>());
  for (const module of modules.filter(takesPart)) {
    for (const parent of module.dependsOn) {
      const other = modules[parent];
      if (other !== undefined && other.group !== module.group && takesPart(other))
        conditions[module.group]?.add(parent);
    }
  }
  return conditions.map((condition) => [...condition].sort((a, b) => a - b));
}
