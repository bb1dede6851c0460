import test from "ava";
import { decideStatus, type StatusChange } from "./status-pace.ts";

const change = (observed: object | undefined, wanted: object, writtenMs: number | null = 0): StatusChange => ({
  observed,
  wanted,
  counters: ["jobs", "queued"],
  writtenMs,
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
