import test from "ava";
import { componentsOf, findCycles } from "./cycles.ts";
import { exposedModules } from "./exposed-modules.ts";
import { islands } from "./islands.ts";
import { phasesOf } from "./phases.ts";
import { randomOf, randomParents } from "./random-graph.ts";
import { startConditions, type PlacedModule } from "./start-conditions.ts";
import { childrenOf, topologicalOrder, type Parents } from "./topological-order.ts";

const SEEDS = Array.from({ length: 400 }, (_, seed) => seed);

function ancestors(parents: Parents, node: number): Set<number> {
  const found = new Set<number>();
  const pending = [...(parents[node] ?? [])];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    pending.push(...(parents[next] ?? []));
  }
  return found;
}

test("an order has every node once and after all its parents, ties as declared", (t) => {
  for (const seed of SEEDS) {
    const parents = randomParents(randomOf(seed), false);
    const order = topologicalOrder(parents);
    const position = new Map(order.map((node, at) => [node, at]));
    const at = (node: number): number => position.get(node) ?? -1;
    t.is(position.size, parents.length, `seed ${String(seed)}`);
    t.true(
      parents.every((of, child) => of.every((parent) => at(parent) < at(child))),
      `seed ${String(seed)}`,
    );
    // A node that stands before one declared earlier does so because that one had to wait for it or something later.
    const tied = order.every((node, place) => {
      const following = order[place + 1];
      return following === undefined || following > node || ancestors(parents, following).has(node);
    });
    t.true(tied, `seed ${String(seed)}`);
  }
});

test("an order leaves out exactly what lies on a cycle or after one", (t) => {
  for (const seed of SEEDS) {
    const parents = randomParents(randomOf(seed), true);
    const onCycle = parents.map((_, node) => ancestors(parents, node).has(node));
    const stuck = parents.map(
      (_, node) => onCycle[node] === true || [...ancestors(parents, node)].some((of) => onCycle[of] === true),
    );
    const order = new Set(topologicalOrder(parents));
    t.deepEqual(
      stuck,
      parents.map((_, node) => !order.has(node)),
      `seed ${String(seed)}`,
    );
  }
});

test("cycles are found where there are any, one for each knot, and they are cycles", (t) => {
  let cyclic = 0;
  for (const seed of SEEDS) {
    const parents = randomParents(randomOf(seed), seed % 2 === 0);
    const cycles = findCycles(parents);
    const knots = new Set(componentsOf(parents).filter((id, node, all) => all.indexOf(id) !== node));
    t.is(cycles.length, knots.size, `seed ${String(seed)}`);
    t.is(
      cycles.length > 0,
      parents.some((_, node) => ancestors(parents, node).has(node)),
      `seed ${String(seed)}`,
    );
    for (const cycle of cycles) {
      t.true(
        cycle.every((node, at) => parents[cycle[(at + 1) % cycle.length] ?? -1]?.includes(node)),
        `seed ${String(seed)}`,
      );
      t.is(new Set(cycle).size, cycle.length);
    }
    cyclic += cycles.length > 0 ? 1 : 0;
  }
  t.true(cyclic > SEEDS.length / 4);
});

test("nodes share a component when each can reach the other", (t) => {
  for (const seed of SEEDS.slice(0, 60)) {
    const parents = randomParents(randomOf(seed), true);
    const component = componentsOf(parents);
    const above = parents.map((_, node) => ancestors(parents, node));
    parents.forEach((_, a) => {
      parents.forEach((__, b) => {
        const together = a === b || (above[a]?.has(b) === true && above[b]?.has(a) === true);
        t.is(component[a] === component[b], together, `seed ${String(seed)}`);
      });
    });
  }
});

test("a long chain is ordered, and closed to a ring found, without running out of stack", (t) => {
  const chain = Array.from({ length: 50_000 }, (_, node) => (node === 0 ? [] : [node - 1]));
  t.is(topologicalOrder(chain).length, chain.length);
  t.deepEqual(findCycles(chain), []);
  t.is(findCycles([[chain.length - 1], ...chain.slice(1)])[0]?.length, chain.length);
});

test("a group waits for exactly the outside parents of its modules", (t) => {
  for (const seed of SEEDS) {
    const random = randomOf(seed);
    const parents = randomParents(random, false);
    const modules = parents.map((dependsOn): PlacedModule => ({
      dependsOn,
      group: Math.floor(random() * 5),
      aggregate: false,
      phase: "regular",
    }));
    const expected = Array.from({ length: 5 }, (_, group) => {
      const outside = modules.flatMap((module) =>
        module.group === group ? module.dependsOn.filter((parent) => modules[parent]?.group !== group) : [],
      );
      return [...new Set(outside)].sort((a, b) => a - b);
    });
    t.deepEqual(startConditions(modules, 5), expected, `seed ${String(seed)}`);
  }
});

test("modules after an aggregate count only when the pipeline is asked to process", (t) => {
  // regular 0 → aggregate 1 → 2 → aggregate 3, each in a group of its own
  const parents = [[], [0], [1], [2]];
  const aggregates = [false, true, false, true];
  const phases = phasesOf(parents, aggregates);
  t.deepEqual(phases, ["regular", "aggregate", "aggregate", "aggregate"]);
  const modules = parents.map((dependsOn, index): PlacedModule => ({
    dependsOn,
    group: index,
    aggregate: aggregates[index] === true,
    phase: phases[index] ?? "regular",
  }));
  t.deepEqual(startConditions(modules, 4, "run"), [[], [0], [], []]);
  t.deepEqual(startConditions(modules, 4, "process"), [[], [], [1], [2]]);
});

test("phases: an aggregate and all that it reaches, nothing else", (t) => {
  for (const seed of SEEDS) {
    const random = randomOf(seed);
    const parents = randomParents(random, false);
    const aggregates = parents.map(() => random() < 0.1);
    const expected = parents.map((_, node) =>
      aggregates[node] === true || [...ancestors(parents, node)].some((of) => aggregates[of] === true)
        ? "aggregate"
        : "regular",
    );
    t.deepEqual(phasesOf(parents, aggregates), expected, `seed ${String(seed)}`);
  }
});

test("islands hold every node once, and no edge leaves one", (t) => {
  for (const seed of SEEDS) {
    const parents = randomParents(randomOf(seed), false);
    const parts = islands(parents);
    const partOf = new Map(parts.flatMap((part, index) => part.map((node) => [node, index])));
    t.is(parts.flat().length, parents.length);
    t.true(
      parents.every((of, child) => of.every((parent) => partOf.get(parent) === partOf.get(child))),
      `seed ${String(seed)}`,
    );
  }
  t.deepEqual(islands([[], [0], [], [2], []]), [[0, 1], [2, 3], [4]]);
});

test("children are parents the other way round; exposed modules come by name", (t) => {
  t.deepEqual(childrenOf([[], [0], [0, 1]]), [[1, 2], [2], []]);
  t.deepEqual(
    [...exposedModules([{ expose: null }, { expose: "b" }, { expose: "c" }])],
    [
      ["b", 1],
      ["c", 2],
    ],
  );
});
