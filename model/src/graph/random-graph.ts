/** Seeded random graphs, for property tests. */
import type { Parents } from "./topological-order.ts";

/** Numbers in [0, 1) that depend on the seed alone (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Up to 40 nodes; without `cyclic`, edges only follow a hidden order that is not the order of the indexes. */
export function randomParents(random: () => number, cyclic: boolean): Parents {
  const size = 1 + Math.floor(random() * 40);
  const rank = Array.from({ length: size }, () => random());
  const density = random() * 0.3;
  return rank.map((own, node) =>
    rank.flatMap((other, parent) => (parent !== node && (cyclic || other < own) && random() < density ? [parent] : [])),
  );
}
