import { childrenOf, type Parents } from "./topological-order.ts";

/** The nodes by connected part, edges taken in both directions; parts and nodes in declared order. */
export function islands(parents: Parents): number[][] {
  const children = childrenOf(parents);
  const found = new Set<number>();
  const parts: number[][] = [];
  parents.forEach((_, root) => {
    if (found.has(root)) return;
    const part: number[] = [];
    const pending = [root];
    for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
      if (found.has(node)) continue;
      found.add(node);
      part.push(node);
      pending.push(...(children[node] ?? []), ...(parents[node] ?? []).filter((parent) => parent in parents));
    }
    parts.push(part.toSorted((a, b) => a - b));
  });
  return parts;
}
