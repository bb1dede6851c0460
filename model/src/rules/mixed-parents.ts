import { phasesOf } from "../graph/phases.ts";
import type { Finding } from "../problem.ts";
import type { ModulePhase } from "../revision.ts";
import type { Draft, DraftModule } from "./draft.ts";

/**
 * MixedParents: regular modules run for every job, what follows an aggregate runs when `process` is asked for; the two never
 * meet.
 */
export function checkMixedParents({ modules, parents }: Draft): Finding[] {
  const aggregates = modules.map(({ aggregate }) => aggregate);
  const phases = phasesOf(parents, aggregates);
  const inPhase = (index: number, phase: ModulePhase): DraftModule | undefined =>
    modules[(parents[index] ?? []).find((parent) => phases[parent] === phase) ?? -1];
  return modules.flatMap((module, index) => {
    const [regular, aggregated] = [inPhase(index, "regular"), inPhase(index, "aggregate")];
    return regular === undefined || aggregated === undefined ? [] : [mixedParents(module, regular, aggregated)];
  });
}

function mixedParents(module: DraftModule, regular: DraftModule, aggregated: DraftModule): Finding {
  const relation = aggregated.aggregate ? "is an aggregate" : "follows an aggregate";
  return {
    code: "MixedParents",
    message: `Module "${module.name}" depends on "${regular.name}", which runs for every job, and on "${aggregated.name}", which ${relation} and gives a result only when the pipeline is asked to process.`,
    hint: `Let the aggregate collect the result of "${regular.name}" too, and depend on the aggregate alone.`,
    path: module.dependsOn.find(({ name }) => name === regular.name)?.path ?? module.path,
  };
}
