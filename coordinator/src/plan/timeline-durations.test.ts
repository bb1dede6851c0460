import test from "ava";
import { PlanError } from "./plan-error.ts";
import { durationsFromTimeline } from "./timeline-durations.ts";

const span = {
  job: "a-0",
  module: "A",
  group: "g1",
  replica: "g1-0",
  attempt: 1,
  readyAt: 0,
  startedAt: 10,
  endedAt: 1010,
};

test("a module takes the mean of its runs", (t) => {
  const timeline = {
    jobs: [],
    spans: [span, { ...span, startedAt: 1000, endedAt: 3000 }, { ...span, module: "B", endedAt: 10 }],
  };
  t.deepEqual(
    [...durationsFromTimeline(timeline)],
    [
      ["A", 1.5],
      ["B", 0],
    ],
  );
  t.deepEqual(
    [...durationsFromTimeline(JSON.stringify(timeline))],
    [
      ["A", 1.5],
      ["B", 0],
    ],
  );
});

const refused: readonly [what: string, timeline: unknown, message: RegExp][] = [
  [
    "text that is no JSON",
    "jobs: []",
    /^T\.json is no timeline: it is not JSON \(.+\)\. Give the JSON file that `troupe run FILE --timeline T\.json` wrote\.$/,
  ],
  ["null", null, /it has no list `spans`/],
  ["something else", { spans: {} }, /it has no list `spans`/],
  ["nothing measured", { jobs: [], spans: [] }, /its list `spans` is empty/],
  ["a span without module", { spans: [span, { ...span, module: 3 }] }, /spans\[1\]\.module is no text/],
  [
    "a span that has not started",
    { spans: [{ ...span, startedAt: null }] },
    /spans\[0\]\.startedAt is no number of milliseconds/,
  ],
  [
    "a span that has not ended",
    { spans: [{ ...span, endedAt: undefined }] },
    /spans\[0\]\.endedAt is no number of milliseconds/,
  ],
  ["a span that runs backwards", { spans: [{ ...span, endedAt: 5 }] }, /spans\[0\] ends before it starts/],
];

for (const [what, timeline, message] of refused) {
  test(`refused: ${what}`, (t) => {
    const error = t.throws(() => durationsFromTimeline(timeline, "T.json"), { instanceOf: PlanError, message });
    t.is(error.code, "InvalidTimeline");
  });
}
