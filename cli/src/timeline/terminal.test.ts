import test from "ava";
import { renderTerminal } from "./terminal.ts";
import type { Timeline, TimelineSpan } from "./timeline.ts";

/** Runs on the first replica of the group that `lane` names, or on `g-1` of `g-1`. */
function span(
  job: number,
  lane: string,
  module: string,
  [readyAt, startedAt, endedAt]: [number, number, number],
): TimelineSpan {
  const [group = "", number = "0"] = lane.split("-");
  return { job: `j${job}`, module, group, replica: `${group}-${number}`, attempt: 1, readyAt, startedAt, endedAt };
}

function timelineOf(spans: readonly TimelineSpan[]): Timeline {
  const ids = [...new Set(spans.map(({ job }) => job))];
  return { jobs: ids.map((id, index) => ({ id, index, state: "done", submittedAt: 0, endedAt: 0 })), spans };
}

const TWO_JOBS = timelineOf([
  span(0, "g1", "A", [0, 0, 1000]),
  span(0, "g1", "B", [1000, 1000, 2000]),
  span(0, "g2", "C", [2000, 2000, 3000]),
  span(1, "g1", "A", [0, 2000, 3000]),
  span(1, "g1", "B", [3000, 3000, 4000]),
  span(1, "g2", "C", [4000, 4000, 5000]),
]);

test("a lane a group, bars with job and module, waiting apart from running", (t) => {
  t.deepEqual(renderTerminal(TWO_JOBS, { width: 67, color: false, unicode: true }).split("\n"), [
    "g1        │1:A███████1:B███████2:A███████2:B███████            80%",
    "  waiting │░░░░░░░░░░░░░░░░░░░░",
    "g2        │                    1:C███████          2:C███████  40%",
    "          ┬─────────┬─────────┬─────────┬─────────┬─────────┬",
    "          0 s       1 s       2 s       3 s       4 s       5 s",
    "",
    "1:A█ job 1 runs module A   ░ 2 3 jobs waiting for a replica",
    "2 jobs in 5.00 s; one after another: 6.00 s (1.20 times as long)",
    "busiest: g1, running 80% of the time",
    "waiting for a replica: 2.00 s over all jobs",
    "",
  ]);
});

test("without Unicode there is nothing but ASCII, and without colour no escape sequence", (t) => {
  const text = renderTerminal(TWO_JOBS, { width: 67, color: false, unicode: false });
  t.regex(text, /^[\n -~]*$/);
  t.regex(text, /g1 +\|1:A=+1:B=+2:A=+2:B=+/);
});

// eslint-disable-next-line no-control-regex -- escape sequences begin with one
const START = /\u001b\[[1-9]/;

test("with colour every job has its own, and ends it", (t) => {
  const text = renderTerminal(TWO_JOBS, { width: 67, color: true, unicode: true });
  const colors = new Set([...text.matchAll(/48;5;(\d+)m/g)].map(([, color]) => color));
  t.is(colors.size, 2);
  t.is(text.split("\u001b[0m").length, text.split(START).length);
});

test("replicas have lanes of their own, and their overlap is said in numbers", (t) => {
  const text = renderTerminal(timelineOf([span(0, "g", "A", [0, 0, 3000]), span(1, "g-1", "A", [0, 1000, 4000])]), {
    width: 60,
    color: false,
    unicode: true,
  });
  t.regex(text, /^g #0 +│1:A█/m);
  t.regex(text, /^g #1 +│ +2:A█/m);
  t.regex(text, /g: 2 lanes, at least two of them at once for 2\.00 s \(50% of the time that any ran\)/);
});

test("blocks that one replica runs side by side lie in lanes of their own", (t) => {
  const text = renderTerminal(timelineOf([span(0, "g", "A", [0, 0, 3000]), span(1, "g", "A", [0, 1000, 4000])]), {
    width: 60,
    color: false,
    unicode: true,
  });
  t.is(text.split("\n").filter((line) => line.startsWith("g #0")).length, 2);
});

test("five hundred jobs show how busy a lane was, within the width", (t) => {
  const spans = Array.from({ length: 500 }, (_, job) => span(job, "g", "A", [0, job * 10, job * 10 + 5]));
  const lines = renderTerminal(timelineOf(spans), { width: 80, color: false, unicode: true }).split("\n");
  t.true(lines.slice(0, 4).every((line) => line.length <= 80));
  t.regex(lines[0] ?? "", /^g +│[▃▄▅]+ +50%$/);
  t.regex(lines[1] ?? "", /^ {2}waiting │█/);
});

test("nothing ran", (t) => {
  t.is(renderTerminal({ jobs: [], spans: [] }, { width: 80, color: false, unicode: true }), "Nothing ran.\n");
});
