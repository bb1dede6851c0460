import { findCycles } from "../graph/cycles.ts";
import type { Finding } from "../problem.ts";
import type { Draft } from "./draft.ts";

/** ModuleCycle: one finding for every set of modules that wait for each other in a circle. */
export function checkModuleCycles({ modules, parents }: Draft): Finding[] {
  return findCycles(parents).map((cycle) => {
    const members = cycle.flatMap((index) => modules[index] ?? []);
    const [first, last] = [members[0], members.at(-1)];
    if (first === undefined || last === undefined) throw new Error("A cycle has members.");
    return {
      code: "ModuleCycle",
      message: `The modules wait for each other in a circle: ${[...members, first].map(({ name }) => name).join(" → ")}.`,
      hint: `Remove one of these dependencies, for instance "${last.name}" from those of "${first.name}".`,
      path: first.dependsOn.find(({ name }) => name === last.name)?.path ?? first.path,
    };
  });
}
