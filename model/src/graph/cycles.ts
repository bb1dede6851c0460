import { childrenOf, type Parents } from "./topological-order.ts";

/**
 * One shortest cycle for every set of nodes that depend on each other in a circle, in the direction of the data: each node
 * is a parent of the next, and the last of the first. It starts at the node declared first. Edges of a node to itself are
 * ignored.
 */
export function findCycles(parents: Parents): number[][] {
  const component = componentsOf(parents);
  const seen = new Set<number>();
  const cycles: number[][] = [];
  component.forEach((id, node) => {
    if (seen.has(id)) return;
    const cycle = shortestCycle(node, parents, component);
    if (cycle === null) return;
    seen.add(id);
    cycles.push(cycle);
  });
  return cycles;
}

/** For every node the number of its strongly connected component. */
export function componentsOf(parents: Parents): number[] {
  const children = childrenOf(parents);
  const finished = finishingOrder(children);
  const component = parents.map(() => -1);
  for (const root of finished.toReversed()) {
    if (component[root] !== -1) continue;
    const pending = [root];
    for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
      if (component[node] !== -1) continue;
      component[node] = root;
      pending.push(...(parents[node] ?? []).filter((parent) => component[parent] === -1));
    }
  }
  return component;
}

/** Nodes in the order in which a depth-first walk leaves them; iterative, so that a long chain is no stack overflow. */
function finishingOrder(next: readonly (readonly number[])[]): number[] {
  const visited = next.map(() => false);
  const order: number[] = [];
  const walk = next.map((_, node) => ({ node, edge: 0 })).toReversed();
  for (let step = walk.pop(); step !== undefined; step = walk.pop()) {
    if (step.edge === 0 && visited[step.node]) continue;
    visited[step.node] = true;
    const child = next[step.node]?.[step.edge];
    if (child === undefined) {
      order.push(step.node);
      continue;
    }
    walk.push({ node: step.node, edge: step.edge + 1 });
    if (!visited[child]) walk.push({ node: child, edge: 0 });
  }
  return order;
}

function shortestCycle(start: number, parents: Parents, component: readonly number[]): number[] | null {
  // Walks against the data: a parent found from `start` leads to it, so following `towards` gives the data's direction.
  const towards = new Map<number, number>();
  const queue = [start];
  for (const node of queue) {
    for (const parent of parents[node] ?? []) {
      if (parent === node || component[parent] !== component[start]) continue;
      if (parent === start) return pathFrom(node, start, towards);
      if (towards.has(parent)) continue;
      towards.set(parent, node);
      queue.push(parent);
    }
  }
  return null;
}

function pathFrom(first: number, start: number, towards: ReadonlyMap<number, number>): number[] {
  const path = [start];
  for (let node: number | undefined = first; node !== undefined && node !== start; node = towards.get(node))
    path.push(node);
  return path;
}
