import test from "ava";
import { decideStatus, NEWS_COUNT, NEWS_MS, recentNews, type StatusChange } from "./status-pace.ts";

const change = (observed: object | undefined, wanted: object, writtenMs: number | null = 0): StatusChange => ({
  observed,
  wanted,
  counters: ["jobs", "queued"],
  writtenMs,
  newsMs: [],
  nowMs: 5_000,
});

test("a first status, a condition and a field that goes are written at once", (t) => {
  t.is(decideStatus(change(undefined, { a: 1 })).kind, "write");
  t.is(decideStatus(change({ a: 1 }, { a: 2 })).kind, "write");
  t.is(decideStatus(change({ a: 1, waiting: {}, b: "x" }, { a: 1 })).kind, "write");
});

test("the same is not written", (t) => {
  t.is(decideStatus(change({ a: 1, jobs: { queued: 3 } }, { a: 1, jobs: { queued: 3 } })).kind, "same");
});

test("counters wait until 15 s have passed", (t) => {
  const counted = change({ jobs: { queued: 3, done: 1 } }, { jobs: { queued: 4, done: 9 } });
  t.deepEqual(decideStatus(counted), { kind: "later", afterMs: 10_000 });
  t.is(decideStatus({ ...counted, nowMs: 15_000 }).kind, "write");
  t.is(decideStatus({ ...counted, writtenMs: null }).kind, "write");
});

test("but not when one of them becomes zero, or stops being it", (t) => {
  t.is(decideStatus(change({ jobs: { queued: 3 } }, { jobs: { queued: 0 } })).kind, "write");
  t.is(decideStatus(change({ queued: 0 }, { queued: 2 })).kind, "write");
  t.is(decideStatus(change({}, { queued: 2 })).kind, "write");
});

test("what goes from and to zero over and over is news a few times, then it waits like the others", (t) => {
  const crossed = change({ queued: 0 }, { queued: 2 });
  const times = (count: number): number[] => Array.from({ length: count }, () => 1_000);
  t.deepEqual(decideStatus({ ...crossed, newsMs: times(NEWS_COUNT - 1) }), { kind: "write", isNews: true });
  t.deepEqual(decideStatus({ ...crossed, newsMs: times(NEWS_COUNT) }), { kind: "later", afterMs: 10_000 });
  t.deepEqual(decideStatus({ ...crossed, newsMs: times(NEWS_COUNT), nowMs: 15_000 }), { kind: "write", isNews: false });
  t.deepEqual(recentNews([1_000, 2_000], 1_000 + NEWS_MS), [2_000]);
});
