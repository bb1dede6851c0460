import test from "ava";
import { placeClaims, type Claim, type LedgerOutcome } from "./ledger.ts";

function claim(group: string, cpus: number, gpus: number): Claim {
  return { group, replica: `${group}-0`, cpus, gpus };
}

function gpusOf(outcome: LedgerOutcome): (readonly number[])[] {
  return outcome.ok ? outcome.placements.map(({ gpus }) => gpus) : [];
}

test("no claims fit into nothing", (t) => {
  t.deepEqual(placeClaims([], { cpus: 0, gpus: 0 }), { ok: true, placements: [] });
});

test("fractions of CPUs are added up without rounding errors", (t) => {
  const tenths = Array.from({ length: 10 }, (_, index) => claim(`g${index}`, 0.1, 0));
  t.true(placeClaims(tenths, { cpus: 1, gpus: 0 }).ok);
  t.false(placeClaims([...tenths, claim("one-more", 0.0001, 0)], { cpus: 1, gpus: 0 }).ok);
});

test("two halves share a GPU, and three take two", (t) => {
  const half = (name: string): Claim => claim(name, 0, 0.5);
  t.deepEqual(gpusOf(placeClaims([half("a"), half("b")], { cpus: 0, gpus: 1 })), [[0], [0]]);
  t.deepEqual(gpusOf(placeClaims([half("a"), half("b"), half("c")], { cpus: 0, gpus: 2 })), [[0], [0], [1]]);
  t.false(placeClaims([half("a"), half("b"), half("c")], { cpus: 0, gpus: 1 }).ok);
});

test("a fraction is never split: two times 0.6 take two GPUs although their sum is 1.2", (t) => {
  const outcome = placeClaims([claim("a", 0, 0.6), claim("b", 0, 0.6)], { cpus: 0, gpus: 1 });
  t.false(outcome.ok);
  if (outcome.ok) return;
  t.regex(outcome.problem.message, /1\.2 GPUs, which takes 2, and there are 1/);
});

test("a whole claim takes whole GPUs, which nobody shares", (t) => {
  const outcome = placeClaims([claim("small", 0, 0.5), claim("large", 0, 2)], { cpus: 0, gpus: 3 });
  t.deepEqual(gpusOf(outcome), [[2], [0, 1]]);
});

test("an impossible claim is refused with its sums and the flags that would do", (t) => {
  const outcome = placeClaims([claim("g1", 1, 1), claim("g2", 4, 0.5)], { cpus: 2, gpus: 0 });
  t.deepEqual(outcome, {
    ok: false,
    problem: {
      code: "ImpossibleClaim",
      message:
        "the groups claim 5 CPUs, and there are 2; and 1.5 GPUs, which takes 2, and there are 0: g1: 1 × (1 CPU, 1 GPU), g2: 1 × (4 CPU, 0.5 GPU)",
      hint: "Claim less or use fewer replicas, or say that the machine has as much: --cpus 5 --gpus 2",
    },
  });
  t.true(placeClaims([claim("g1", 1, 1), claim("g2", 4, 0.5)], { cpus: 5, gpus: 2 }).ok);
});

test("the flags name only what is short", (t) => {
  const outcome = placeClaims([claim("g", 2.5, 0)], { cpus: 2, gpus: 4 });
  t.false(outcome.ok);
  if (!outcome.ok) t.regex(outcome.problem.hint, /--cpus 3$/);
});

test("above one GPU, a fraction is refused", (t) => {
  const outcome = placeClaims([claim("g", 0, 1.5)], { cpus: 2, gpus: 4 });
  t.false(outcome.ok);
  if (!outcome.ok) t.is(outcome.problem.code, "InvalidClaim");
});

test("whatever is placed respects every GPU's capacity", (t) => {
  let seed = 7;
  const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  for (let round = 0; round < 200; round++) {
    const claims = Array.from({ length: 12 }, (_, index) => {
      const gpus = random() < 0.3 ? Math.ceil(random() * 2) : Math.ceil(random() * 9) / 10;
      return claim(`g${index}`, 0, gpus);
    });
    const outcome = placeClaims(claims, { cpus: 0, gpus: 30 });
    if (!outcome.ok) {
      t.fail(outcome.problem.message);
      return;
    }
    const used = new Map<number, number>();
    for (const {
      claim: { gpus },
      gpus: indexes,
    } of outcome.placements) {
      t.is(indexes.length, Math.ceil(gpus));
      for (const index of indexes) used.set(index, (used.get(index) ?? 0) + Math.min(gpus, 1));
    }
    t.true([...used.values()].every((load) => load < 1.000_001));
  }
});
