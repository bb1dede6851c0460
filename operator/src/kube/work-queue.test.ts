import test from "ava";
import { randomInt } from "node:crypto";
import { Random } from "../../../coordinator/sim/random.ts";
import { WorkQueue } from "./work-queue.ts";

const LIMITS = { baseMs: 10, maxMs: 1000 };

function queue(random = 1): WorkQueue {
  return new WorkQueue(LIMITS, () => random);
}

test("keys are taken in the order in which they were added, each once", (t) => {
  const q = queue();
  for (const key of ["b", "a", "b", "c", "a"]) q.add(key);
  t.is(q.depth, 3);
  t.deepEqual([q.take(0), q.take(0), q.take(0), q.take(0)], ["b", "a", "c", undefined]);
});

test("a key that is added while it is visited is visited once more, afterwards (Q1, Q2)", (t) => {
  const q = queue();
  q.add("a");
  t.is(q.take(0), "a");
  q.add("a");
  q.add("a");
  t.is(q.take(0), undefined);
  q.done("a", 0, { kind: "settled" });
  t.is(q.take(0), "a");
  q.done("a", 0, { kind: "settled" });
  t.is(q.take(0), undefined);
});

test("failures wait longer and longer; success, or a change, ends that (Q4)", (t) => {
  const q = queue();
  q.add("a");
  const fail = (nowMs: number): number | undefined => {
    t.is(q.take(nowMs), "a");
    return q.done("a", nowMs, { kind: "failed", atLeastMs: 0 });
  };
  t.deepEqual([fail(0), q.nextDueMs, q.take(9)], [10, 10, undefined]);
  t.is(fail(10), 20);
  t.is(fail(30), 40);
  q.add("a");
  t.is(fail(31), 80, "visited at once, and still failing");
  t.is(q.nextDueMs, 111, "one alarm, of the last visit");
  t.is(q.take(111), "a");
  q.done("a", 111, { kind: "settled" });
  t.is(q.nextDueMs, undefined);
  q.add("a");
  t.is(fail(200), 10, "it begins anew");
});

test("a server that asks for time gets it, and the delay on top", (t) => {
  const q = queue(0);
  q.add("a");
  q.take(0);
  t.is(q.done("a", 0, { kind: "failed", atLeastMs: 3000 }), 3005);
});

test("what a visit asked for is superseded by the next visit; what others asked for is not", (t) => {
  const q = queue();
  q.addAfter("a", 100);
  q.add("a");
  q.take(0);
  q.done("a", 0, { kind: "again", afterMs: 50 });
  q.add("a");
  t.is(q.take(1), "a");
  q.done("a", 1, { kind: "settled" });
  t.deepEqual([q.nextDueMs, q.take(99), q.take(100)], [100, undefined, "a"]);
});

/** Random users and workers against what Q1 to Q4 say. @returns how many visits there were */
function play(seed: number): number {
  const random = new Random(seed);
  const pick = (limit: number): number => random.int(0, limit - 1);
  const q = new WorkQueue(LIMITS, () => random.next());
  let now = 0;
  let visits = 0;
  const visited = new Set<string>();
  /** Times from when on a visit is owed. */
  const owed = new Map<string, number[]>();
  const owe = (key: string, fromMs: number): void => void owed.set(key, [...(owed.get(key) ?? []), fromMs]);
  const take = (): void => {
    const key = q.take(now);
    if (key === undefined) return;
    visits += 1;
    if (visited.has(key)) throw new Error(`seed ${seed}: two workers visit ${key} (Q1)`);
    visited.add(key);
    owed.set(
      key,
      (owed.get(key) ?? []).filter((fromMs) => fromMs > now),
    );
  };
  const finish = (calm: boolean): void => {
    const [key] = [...visited].slice(pick(visited.size));
    if (key === undefined) return;
    visited.delete(key);
    const end = calm ? 0 : pick(3);
    if (end === 0) q.done(key, now, { kind: "settled" });
    if (end === 1) q.done(key, now, { kind: "again", afterMs: pick(50) });
    if (end === 2) q.done(key, now, { kind: "failed", atLeastMs: pick(5) });
  };
  const act = [
    () => {
      const key = `k${pick(6)}`;
      q.add(key);
      owe(key, now);
    },
    () => {
      const [key, fromMs] = [`k${pick(6)}`, now + pick(60)];
      q.addAfter(key, fromMs);
      owe(key, fromMs);
    },
    take,
    take,
    () => {
      finish(false);
    },
    () => {
      now += pick(20);
    },
  ];
  for (let step = 0; step < 600; step++) random.pick(act)();
  // Everything calms down: whatever is owed has to come, by the queue's own alarms.
  for (let step = 0; step < 5_000 && (visited.size > 0 || q.depth > 0 || q.nextDueMs !== undefined); step++) {
    take();
    finish(true);
    if (q.depth === 0 && q.nextDueMs !== undefined) now = Math.max(now, q.nextDueMs);
  }
  const lost = [...owed].filter(([, times]) => times.length > 0);
  if (lost.length > 0) throw new Error(`seed ${seed}: a visit is owed and never came: ${JSON.stringify(lost)} (Q2)`);
  if (q.depth > 0 || q.nextDueMs !== undefined) throw new Error(`seed ${seed}: it does not come to rest`);
  return visits;
}

test("random users and workers: one worker a key, no wake-up lost, and it comes to rest", (t) => {
  const first = randomInt(2 ** 31);
  t.log(`seeds ${first} to ${first + 499}`);
  for (let seed = first; seed < first + 500; seed++) t.true(play(seed) > 20);
});
