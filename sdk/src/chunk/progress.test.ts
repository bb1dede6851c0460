import test from "ava";
import { progressLine, progressOf } from "./progress.ts";

test("the rate is of this run alone, and the time left follows from it", (t) => {
  const facts = progressOf({ done: 30, failed: 1, total: 50 }, 10, 4_000);
  t.deepEqual(facts, { done: 30, failed: 1, total: 50, ratePerSecond: 5, secondsLeft: 4 });
  t.is(progressLine(facts), "elements 30/50 (1 failed) · 5.0/s · 4 s left");
});

test("nothing is foretold before the first element, and nothing is left after the last", (t) => {
  const begun = progressOf({ done: 10, failed: 0, total: 50 }, 10, 4_000);
  t.is(begun.secondsLeft, null);
  t.is(progressLine(begun), "elements 10/50 · 0.0/s");
  t.is(progressLine(progressOf({ done: 50, failed: 0, total: 50 }, 0, 2_000)), "elements 50/50 · 25/s");
});
