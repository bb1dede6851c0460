/** Parents of every node, by index: `parents[child]` lists what `child` depends on. Indexes out of range are ignored. */
export type Parents = readonly (readonly number[])[];

/**
 * All nodes with every parent before its children; among nodes that are free at the same time the one declared first.
 * Nodes on a cycle, and what follows them, are left out.
 */
export function topologicalOrder(parents: Parents): number[] {
  const children = childrenOf(parents);
  const missing = parents.map((of) => of.filter((parent) => parent in parents).length);
  const free = parents.flatMap((_, node) => (missing[node] === 0 ? [node] : []));
  const order: number[] = [];
  for (let node = free.shift(); node !== undefined; node = free.shift()) {
    order.push(node);
    for (const child of children[node] ?? []) {
      missing[child] = (missing[child] ?? 0) - 1;
      if (missing[child] === 0) insertSorted(free, child);
    }
  }
  return order;
}

/** The same edges the other way round: `children[parent]` lists what depends on `parent`, an edge listed twice twice. */
export function childrenOf(parents: Parents): number[][] {
  const children: number[][] = parents.map(() => []);
  parents.forEach((of, child) => {
    for (const parent of of) children[parent]?.push(child);
  });
  return children;
}

function insertSorted(sorted: number[], node: number): void {
  const at = sorted.findIndex((other) => other > node);
  sorted.splice(at === -1 ? sorted.length : at, 0, node);
}
