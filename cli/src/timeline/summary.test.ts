import test from "ava";
import { readTimeline } from "./read-timeline.ts";
import { summaryOf } from "./summary.ts";
import { ticksOf, tickText } from "./ticks.ts";
import { durationText } from "./words.ts";

const job = (id: string, index: number): Record<string, unknown> => ({
  id,
  index,
  state: "done",
  submittedAt: 0,
  endedAt: 4000,
});
const span = (module: string, readyAt: number, startedAt: number, endedAt: number): Record<string, unknown> => ({
  job: "a",
  module,
  group: "g",
  replica: "g-0",
  attempt: 1,
  readyAt,
  startedAt,
  endedAt,
});

test("a block waits once, however many modules it has", (t) => {
  // B's readyAt is the block's own when both results went out in one message.
  const timeline = readTimeline({ jobs: [job("a", 0)], spans: [span("A", 0, 1000, 2000), span("B", 0, 2000, 4000)] });
  const { waitingMs, sequentialMs, makespanMs, busiest } = summaryOf(timeline);
  t.is(waitingMs, 1000);
  t.is(sequentialMs, 3000);
  t.is(makespanMs, 4000);
  t.deepEqual(busiest, { group: "g", label: "g", busyMs: 3000, share: 0.75 });
});

test("what is no timeline is refused with the place", (t) => {
  t.throws(() => readTimeline({ jobs: [] }), { message: /timeline\.spans is no array/ });
  t.throws(() => readTimeline({ jobs: [], spans: [{ job: "a" }] }), { message: /spans\[0\]\.module is no string/ });
});

test("marks are round numbers, with the digits that they need", (t) => {
  t.deepEqual(ticksOf(8000, 10), [0, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000]);
  t.deepEqual(ticksOf(132, 4), [0, 50, 100]);
  t.is(tickText(100, 50), "0.10 s");
  t.is(tickText(2000, 1000), "2 s");
});

test("durations have about three digits", (t) => {
  t.deepEqual([0.25, 12, 340.4, 8020, 61_500, 125_000].map(durationText), [
    "0.3 ms",
    "12 ms",
    "340 ms",
    "8.02 s",
    "61.5 s",
    "2 min 05 s",
  ]);
});
