import test from "ava";
import { planRollout, type RolloutState, type TemplateState } from "./rollout.ts";

const template = (hash: string, replicas: number, ready = replicas, pinned: number | null = 0): TemplateState => ({
  hash,
  replicas,
  ready,
  pinned,
});

const state = (wanted: number, templates: readonly TemplateState[], isSurgeStuck = false): RolloutState => ({
  wanted,
  current: "new",
  templates,
  isSurgeStuck,
});

const CASES: readonly {
  readonly rule: string;
  readonly state: RolloutState;
  readonly replicas: Record<string, number>;
}[] = [
  { rule: "a first template gets all at once", state: state(3, []), replicas: { new: 3 } },
  { rule: "scaling up and down needs no roll-out", state: state(5, [template("new", 2)]), replicas: { new: 5 } },
  { rule: "to zero", state: state(0, [template("new", 2)]), replicas: { new: 0 } },
  { rule: "R1 the surge is one", state: state(3, [template("old", 3)]), replicas: { old: 3, new: 1 } },
  {
    rule: "R2 nothing goes before one is ready",
    state: state(3, [template("old", 3), template("new", 1, 0)]),
    replicas: { old: 3, new: 1 },
  },
  { rule: "R2 one for one", state: state(3, [template("old", 3), template("new", 1)]), replicas: { old: 2, new: 2 } },
  { rule: "R2 the last one", state: state(3, [template("old", 1), template("new", 3)]), replicas: { new: 3 } },
  {
    rule: "R4 but for pinned jobs",
    state: state(3, [template("old", 1, 1, 7), template("new", 3)]),
    replicas: { old: 1, new: 3 },
  },
  {
    rule: "R4 or while nobody knows",
    state: state(3, [template("old", 1, 1, null), template("new", 3)]),
    replicas: { old: 1, new: 3 },
  },
  {
    rule: "R4 pinned jobs bring a replica back",
    state: state(3, [template("old", 0, 0, 2), template("new", 3)]),
    replicas: { old: 1, new: 3 },
  },
  {
    rule: "R4 not knowing does not",
    state: state(3, [template("old", 0, 0, null), template("new", 3)]),
    replicas: { old: 0, new: 3 },
  },
  {
    rule: "R3 an old one makes room",
    state: state(3, [template("old", 3), template("new", 1, 0)], true),
    replicas: { old: 2, new: 1 },
  },
  {
    rule: "R3 also the only one",
    state: state(1, [template("old", 1), template("new", 1, 0)], true),
    replicas: { new: 1 },
  },
  {
    rule: "R3 but not before its jobs",
    state: state(1, [template("old", 1, 1, 1), template("new", 1, 0)], true),
    replicas: { old: 1, new: 1 },
  },
  {
    rule: "back again, before it got far",
    state: state(3, [template("new", 3), template("old", 1, 0)]),
    replicas: { new: 3 },
  },
  {
    rule: "R5 a third waits",
    state: state(2, [template("a", 1, 1, 1), template("b", 2, 2, 1)]),
    replicas: { a: 1, b: 2 },
  },
  {
    rule: "R5 until one is free",
    state: state(2, [template("a", 1, 1, 0), template("b", 2, 2, 1)]),
    replicas: { b: 2, new: 1 },
  },
  { rule: "no template at all", state: { ...state(0, [template("old", 2)]), current: "" }, replicas: { "": 0 } },
];

for (const { rule, state: given, replicas } of CASES) {
  test(rule, (t) => {
    t.deepEqual(Object.fromEntries(planRollout(given).replicas), replicas);
  });
}

/** A world of pods that does as it is told, in small and random steps. */
interface Fake {
  templates: TemplateState[];
  readonly slots: number;
}

function step(fake: Fake, wanted: number, random: () => number): { total: number; readyBefore: number; ready: number } {
  const running = fake.templates.reduce((sum, { ready }) => sum + ready, 0);
  const isSurgeStuck = running >= fake.slots;
  const plan = planRollout({ wanted, current: "new", templates: fake.templates, isSurgeStuck });
  const readyBefore = running;
  fake.templates = [...plan.replicas].map(([hash, replicas]) => {
    const before = fake.templates.find((each) => each.hash === hash);
    return {
      hash,
      replicas,
      ready: Math.min(before?.ready ?? 0, replicas),
      pinned: hash === "new" ? 0 : (before?.pinned ?? 0),
    };
  });
  const total = fake.templates.reduce((sum, { replicas }) => sum + replicas, 0);
  const ready = fake.templates.reduce((sum, each) => sum + each.ready, 0);
  let free = fake.slots - ready;
  fake.templates = fake.templates.map((each) => {
    const starts = Math.min(free, each.replicas - each.ready, random() < 0.5 ? 1 : 0);
    free -= starts;
    const done = each.pinned !== null && each.pinned > 0 && each.ready > 0 && random() < 0.3 ? 1 : 0;
    return { ...each, ready: each.ready + starts, pinned: each.pinned === null ? null : each.pinned - done };
  });
  return { total, readyBefore, ready };
}

test("random roll-outs end, and keep R1 and R2 all along", (t) => {
  for (let seed = 1; seed <= 300; seed += 1) {
    const random = randomOf(seed);
    const wanted = 1 + Math.floor(random() * 5);
    const isTight = random() < 0.5;
    const pinned = Math.floor(random() * 6);
    const fake: Fake = { templates: [template("old", wanted, wanted, pinned)], slots: isTight ? wanted : wanted + 1 };
    let steps = 0;
    while (!(fake.templates.length === 1 && fake.templates[0]?.hash === "new" && fake.templates[0].ready === wanted)) {
      const { total, ready } = step(fake, wanted, random);
      t.true(total <= wanted + 1, `seed ${seed}: R1`);
      // With every slot taken one has to go first.
      t.true(ready >= wanted - (isTight ? 1 : 0), `seed ${seed}: R2`);
      steps += 1;
      if (steps > 500) break;
    }
    t.true(steps <= 500, `seed ${seed} ends`);
  }
});

function randomOf(seed: number): () => number {
  let value = seed;
  return () => {
    value = (Math.imul(value, 1664525) + 1013904223) >>> 0;
    return value / 2 ** 32;
  };
}
