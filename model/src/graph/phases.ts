import type { ModulePhase } from "../revision.ts";
import { childrenOf, type Parents } from "./topological-order.ts";

/** `aggregate` for every aggregate and all that lies downstream of one, else `regular`. */
export function phasesOf(parents: Parents, aggregates: readonly boolean[]): ModulePhase[] {
  const children = childrenOf(parents);
  const phases = parents.map((): ModulePhase => "regular");
  const pending = aggregates.flatMap((isAggregate, node) => (isAggregate ? [node] : []));
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (phases[node] === "aggregate") continue;
    phases[node] = "aggregate";
    pending.push(...(children[node] ?? []));
  }
  return phases;
}
