import { componentsOf, findCycles } from "../graph/cycles.ts";
import type { Finding } from "../problem.ts";
import type { Draft } from "./draft.ts";

interface GroupEdge {
  readonly child: number;
  readonly parent: number;
}

/**
 * GroupCycle: a group starts once all its modules can, so groups that need each other's modules never start although the
 * modules themselves form no circle. Edges of a circle of modules are left out: that is reported as what it is.
 */
export function checkGroupCycles(draft: Draft): Finding[] {
  const names = [...draft.groups.keys()];
  const edges = groupEdges(draft, names);
  const parents = names.map((_, group) => [...(edges.get(group)?.keys() ?? [])]);
  return findCycles(parents).map((cycle) => {
    const edgesOfCycle = cycle.map((group, at) => edges.get(cycle[(at + 1) % cycle.length] ?? 0)?.get(group));
    const closing = edgesOfCycle.at(-1);
    return {
      code: "GroupCycle",
      message: `The groups wait for each other in a circle: ${[...cycle, cycle[0] ?? 0].map((group) => names[group]).join(" → ")} (${edgesOfCycle.map((edge) => edgeText(draft, edge)).join("; ")}).`,
      hint: "A group starts when everything that its modules need from outside is done. Move one of these modules into a group of its own, or join the groups.",
      path: closing === undefined ? "spec.modules" : edgePath(draft, closing),
    };
  });
}

function groupEdges(draft: Draft, names: readonly string[]): Map<number, Map<number, GroupEdge>> {
  const component = componentsOf(draft.parents);
  const groupOf = draft.modules.map(({ group }) => (group === null ? -1 : names.indexOf(group)));
  const edges = new Map<number, Map<number, GroupEdge>>();
  draft.parents.forEach((parents, child) => {
    const group = groupOf[child] ?? -1;
    for (const parent of parents) {
      const from = groupOf[parent] ?? -1;
      if (group === -1 || from === -1 || from === group || component[parent] === component[child]) continue;
      const known = edges.get(group) ?? new Map<number, GroupEdge>();
      if (!known.has(from)) known.set(from, { child, parent });
      edges.set(group, known);
    }
  });
  return edges;
}

function edgeText({ modules }: Draft, edge: GroupEdge | undefined): string {
  if (edge === undefined) return "";
  const [child, parent] = [modules[edge.child], modules[edge.parent]];
  return `"${child?.name ?? ""}" in ${child?.group ?? ""} needs "${parent?.name ?? ""}" in ${parent?.group ?? ""}`;
}

function edgePath({ modules }: Draft, { child, parent }: GroupEdge): string {
  const name = modules[parent]?.name;
  return modules[child]?.dependsOn.find((dependency) => dependency.name === name)?.path ?? "spec.modules";
}
