import test from "ava";
import {
  API_VERSION,
  compileRevision,
  type GroupSpec,
  type JobsSpec,
  type ModuleSpec,
  type Revision,
} from "@troupe/model";
import { durationsFromTimeline } from "./timeline-durations.ts";
import { PlanError, type PlanErrorCode } from "./plan-error.ts";
import { planPipeline, type Plan, type PlannedSpan } from "./plan.ts";

interface Parts {
  readonly modules: readonly ModuleSpec[];
  readonly groups?: readonly GroupSpec[];
  readonly jobs?: JobsSpec;
}

function revisionOf(spec: Parts): Revision {
  return compileRevision(
    { apiVersion: API_VERSION, kind: "Pipeline", metadata: { name: "p" }, spec },
    { namespace: "default" },
  );
}

/** `g1.A` is module A of group g1. */
function module(place: string, dependsOn: readonly string[] = [], estimateSeconds: number | undefined = 1): ModuleSpec {
  const [group = "", name = ""] = place.split(".");
  return { name, type: "example-module", group, dependsOn, ...(estimateSeconds === -1 ? {} : { estimateSeconds }) };
}

const UNKNOWN = -1;

const simple = revisionOf({
  modules: [module("g1.A"), module("g1.B", ["A"]), module("g2.C"), module("g3.D", ["B", "C"]), module("g3.E", ["D"])],
});
const resources = revisionOf({
  modules: [module("g1.A"), module("g2.B"), module("g3.C", ["A", "B"])],
  groups: [
    { name: "g1", resources: { gpu: 1 } },
    { name: "g2", resources: { cpu: 4, gpu: "0.5" } },
  ],
});
const pool = revisionOf({
  modules: [module("g1.A"), module("g2.B", ["A"], 5), module("g3.C", ["B"])],
  groups: [{ name: "g2", replicas: 3 }],
});

function find({ spans }: Plan, job: number, name: string): PlannedSpan {
  const found = spans.find((span) => span.job === String(job) && span.module === name);
  if (found === undefined) throw new Error(`job ${job} has no ${name}`);
  return found;
}

test("the simple example: 15 s one after another, 8 s in three groups", (t) => {
  const plan = planPipeline(simple, { jobs: 3 });
  t.is(plan.sequentialSeconds, 15);
  t.is(plan.makespanSeconds, 8);
  t.deepEqual(find(plan, 2, "E"), {
    job: "2",
    module: "E",
    group: "g3",
    replica: "g3-0",
    attempt: 1,
    readyAt: 7000,
    startedAt: 7000,
    endedAt: 8000,
  });
  t.deepEqual(plan.advice, []);
});

test("the resource claim: 9 s one after another, 4 s in three groups", (t) => {
  const plan = planPipeline(resources, { jobs: 3 });
  t.is(plan.sequentialSeconds, 9);
  t.is(plan.makespanSeconds, 4);
});

test("the actor pool: 21 s one after another, 17 s with one replica, 9 s with three, 12 s for a fourth job", (t) => {
  t.is(planPipeline(pool, { jobs: 3 }).sequentialSeconds, 21);
  t.is(planPipeline(pool, { jobs: 3, replicas: { g2: 1 } }).makespanSeconds, 17);
  t.is(planPipeline(pool, { jobs: 3 }).makespanSeconds, 9);
  t.is(planPipeline(pool, { jobs: 4 }).makespanSeconds, 12);
});

test("the fourth job waits for a replica of the pool, and nobody else does", (t) => {
  const plan = planPipeline(pool, { jobs: 4 });
  const { replica, readyAt, startedAt, endedAt } = find(plan, 3, "B");
  t.deepEqual(
    { replica, readyAt, startedAt, endedAt },
    { replica: "g2-0", readyAt: 4000, startedAt: 6000, endedAt: 11_000 },
  );
  t.deepEqual(
    plan.groups.map(({ group, waitingSeconds }) => [group, waitingSeconds]),
    [
      ["g1", 6],
      ["g2", 2],
      ["g3", 0],
    ],
  );
});

test("a group starts when the module that it needs is done, while the rest of that module's group still runs", (t) => {
  const plan = planPipeline(
    revisionOf({
      modules: [module("g1.A", [], 0.3), module("g1.B", ["A"], 2), module("g2.C", [], 0.3), module("g3.D", ["A", "C"])],
    }),
    { jobs: 1 },
  );
  t.is(find(plan, 0, "D").startedAt, 300);
  t.is(find(plan, 0, "B").endedAt, 2300);
});

test("a module waits for the one before it in its block, and counts as ready only then", (t) => {
  const plan = planPipeline(simple, { jobs: 2 });
  t.deepEqual(
    [find(plan, 1, "A"), find(plan, 1, "B")].map(({ readyAt, startedAt }) => [readyAt, startedAt]),
    [
      [0, 2000],
      [3000, 3000],
    ],
  );
});

test("advice: where one more replica saves most comes first, with what it claims", (t) => {
  const revision = revisionOf({
    modules: [module("g1.A"), module("g2.B", ["A"], 5), module("g3.C", ["B"])],
    groups: [{ name: "g2", resources: { cpu: 2, gpu: 1 } }],
  });
  const plan = planPipeline(revision, { jobs: 3 });
  t.is(plan.bottleneck, "g2");
  t.deepEqual(plan.advice, [
    {
      group: "g2",
      replicas: 2,
      makespanSeconds: 12,
      savedSeconds: 5,
      text: "One more replica of g2 (2 instead of 1) saves 5 s: 12 s instead of 17 s; it claims another 2 CPU, 1 GPU",
    },
  ]);
  t.is(planPipeline(revision, { jobs: 3, replicas: { g2: 2 } }).makespanSeconds, 12);
});

test("advice is sorted by what it saves", (t) => {
  const revision = revisionOf({
    modules: [module("g1.A", [], 3), module("g2.B", [], 2), module("g3.C", ["A", "B"], 4)],
  });
  const { advice } = planPipeline(revision, { jobs: 10 });
  t.deepEqual(
    advice.map(({ group }) => group),
    ["g3"],
  );
  const balanced = revisionOf({ modules: [module("g1.A", [], 3), module("g2.B", ["A"], 4)] });
  const both = planPipeline(balanced, { jobs: 10, durations: new Map([["A", 3]]) }).advice;
  t.true(both.every(({ savedSeconds }, index) => savedSeconds <= (both[index - 1]?.savedSeconds ?? Infinity)));
  t.is(both[0]?.group, "g2");
});

test("a group with an aggregate gets no advice, and what follows the aggregate is not part of a run", (t) => {
  const revision = revisionOf({
    modules: [
      module("g1.A"),
      { ...module("g2.Collect", ["A"], 5), aggregate: true },
      module("g3.Report", ["Collect"], UNKNOWN),
    ],
  });
  const plan = planPipeline(revision, { jobs: 3 });
  t.is(plan.makespanSeconds, 16);
  t.deepEqual(plan.advice, []);
  t.deepEqual(
    plan.groups.map(({ group }) => group),
    ["g1", "g2"],
  );
  t.false(plan.spans.some((span) => span.module === "Report"));
});

test("concurrency counts like replicas", (t) => {
  const revision = revisionOf({ modules: [module("g1.A", [], 2)], groups: [{ name: "g1", concurrency: 3 }] });
  const plan = planPipeline(revision, { jobs: 6 });
  t.is(plan.makespanSeconds, 4);
  t.deepEqual(plan.groups, [{ group: "g1", replicas: 1, busySeconds: 12, waitingSeconds: 6, utilisation: 1 }]);
});

test("jobs beyond maxInFlight are submitted as others end", (t) => {
  const revision = revisionOf({ modules: [module("g1.A"), module("g2.B", ["A"])], jobs: { maxInFlight: 1 } });
  const plan = planPipeline(revision, { jobs: 3 });
  t.is(plan.makespanSeconds, 6);
  t.deepEqual(
    [0, 1, 2].map((job) => find(plan, job, "A").readyAt),
    [0, 2000, 4000],
  );
});

test("modules that take no time", (t) => {
  const revision = revisionOf({ modules: [module("g1.A", [], 0), module("g2.B", ["A"], 0)] });
  const plan = planPipeline(revision, { jobs: 50 });
  t.is(plan.makespanSeconds, 0);
  t.is(plan.spans.length, 100);
  t.deepEqual(
    plan.groups.map(({ utilisation }) => utilisation),
    [0, 0],
  );
  t.is(plan.bottleneck, null);
  t.deepEqual(plan.advice, []);
});

test("blocks of a few milliseconds are planned without sending ahead", (t) => {
  const revision = revisionOf({ modules: [module("g1.A", [], UNKNOWN)], groups: [{ name: "g1", replicas: 2 }] });
  // After many short blocks one is long: whatever was sent to its replica ahead of time would wait behind it.
  const durations = new Map([["A", [...new Array<number>(20).fill(0.001), 10, ...new Array<number>(20).fill(0.001)]]]);
  const plan = planPipeline(revision, { jobs: 41, durations });
  t.is(plan.makespanSeconds, 10.01);
  t.is(find(plan, 40, "A").endedAt, 30);
});

test("measured durations serve modules without an estimate, and are not preferred to one", (t) => {
  const revision = revisionOf({ modules: [module("g1.A", [], UNKNOWN), module("g2.B", ["A"], 2)] });
  const measured = { job: "x", group: "g1", replica: "g1-0", attempt: 1, readyAt: 0, startedAt: 100, endedAt: 1600 };
  const durations = durationsFromTimeline({
    jobs: [],
    spans: ["A", "B", "Old"].map((name) => ({ ...measured, module: name })),
  });
  const plan = planPipeline(revision, { jobs: 1, durations });
  t.is(plan.makespanSeconds, 3.5);
  t.deepEqual(plan.warnings, [
    "module B: its estimateSeconds (2) is used, not the measured 1.5 s; take the estimate out to plan with the measurement",
    "the durations also speak of Old, which this pipeline does not have",
  ]);
});

test("broken time limits are said, and do not shorten the plan", (t) => {
  const revision = revisionOf({
    modules: [{ ...module("g1.A", [], 4), timeoutSeconds: 3 }, module("g2.B", ["A"])],
    jobs: { timeoutSeconds: 6, queueTimeoutSeconds: 5 },
  });
  const plan = planPipeline(revision, { jobs: 3 });
  t.is(plan.makespanSeconds, 13);
  t.deepEqual(plan.warnings, [
    "module A takes 4 s, longer than its timeoutSeconds (3): it would be aborted",
    "1 job would wait for group g1 longer than jobs.queueTimeoutSeconds (5) and fail",
    "2 jobs would take longer than jobs.timeoutSeconds (6) and fail",
  ]);
});

test("a module without estimate and measurement is named, with the cure", (t) => {
  const revision = revisionOf({
    modules: [
      module("g1.A"),
      module("g1.B", ["A"], UNKNOWN),
      module("g2.C", [], UNKNOWN),
      module("g2.D", ["C"], UNKNOWN),
    ],
  });
  const error = t.throws(() => planPipeline(revision, { jobs: 3 }), { instanceOf: PlanError });
  t.is(error.code, "MissingDurations");
  t.is(
    error.message,
    "nothing says how long modules B, C and D are to take. Give each estimateSeconds, or measure: `troupe run FILE --timeline T.json`, then `troupe plan FILE --durations T.json`.",
  );
  const one = t.throws(
    () =>
      planPipeline(revision, {
        jobs: 3,
        durations: new Map([
          ["C", 1],
          ["D", 1],
        ]),
      }),
    { instanceOf: PlanError },
  );
  t.regex(one.message, /^nothing says how long module B is to take\. Give the module estimateSeconds, or measure/);
});

const refused: readonly [
  what: string,
  options: Parameters<typeof planPipeline>[1],
  code: PlanErrorCode,
  message: RegExp,
][] = [
  ["no jobs", { jobs: 0 }, "InvalidJobs", /^0 jobs cannot be planned\. Give a whole number from 1 to 100000\.$/],
  ["half a job", { jobs: 1.5 }, "InvalidJobs", /^1\.5 jobs cannot be planned/],
  ["too many jobs", { jobs: 1e9 }, "InvalidJobs", /^1000000000 jobs cannot be planned/],
  [
    "replicas of no group",
    { jobs: 1, replicas: { g9: 2 } },
    "InvalidReplicas",
    /^there is no group g9\. The pipeline has g1, g2, g3\.$/,
  ],
  [
    "no replicas",
    { jobs: 1, replicas: { g1: 0 } },
    "InvalidReplicas",
    /^group g1 cannot have 0 replicas\. Give a whole number/,
  ],
  [
    "a negative duration",
    { jobs: 1, durations: new Map([["A", -1]]) },
    "InvalidDurations",
    /^module A cannot take -1 s\. A duration is a number of seconds/,
  ],
  [
    "a duration that is no number",
    { jobs: 1, durations: new Map([["A", NaN]]) },
    "InvalidDurations",
    /^module A cannot take NaN s/,
  ],
  [
    "an empty list",
    { jobs: 1, durations: new Map([["A", []]]) },
    "InvalidDurations",
    /^module A has an empty list of durations/,
  ],
];

for (const [what, options, code, message] of refused) {
  test(`refused: ${what}`, (t) => {
    const revision = revisionOf({
      modules: [module("g1.A", [], UNKNOWN), module("g2.B", ["A"]), module("g3.C", ["B"])],
    });
    const error = t.throws(() => planPipeline(revision, { durations: new Map([["A", 1]]), ...options }), {
      instanceOf: PlanError,
      message,
    });
    t.is(error.code, code);
  });
}

test("a group with 0 replicas is refused: nothing would ever end", (t) => {
  const revision = revisionOf({ modules: [module("g1.A")], groups: [{ name: "g1", replicas: 0 }] });
  t.throws(() => planPipeline(revision, { jobs: 1 }), {
    instanceOf: PlanError,
    message: /^group g1 has no replicas: no job would ever end\. Give it at least one/,
  });
  t.is(planPipeline(revision, { jobs: 1, replicas: { g1: 1 } }).makespanSeconds, 1);
});

test("a thousand jobs through twenty modules", (t) => {
  const modules = Array.from({ length: 20 }, (_, index) =>
    module(`g${index}.M${index}`, index === 0 ? [] : [`M${index - 1}`], 1 + (index % 7)),
  );
  const plan = planPipeline(revisionOf({ modules }), { jobs: 1000 });
  t.is(plan.spans.length, 20_000);
  // Two groups take 7 s: the first to do so sets the pace, and the 999 jobs behind the first follow at it.
  t.is(plan.makespanSeconds, modules.reduce((sum, { estimateSeconds = 0 }) => sum + estimateSeconds, 0) + 999 * 7);
  t.is(plan.bottleneck, "g6");
  t.deepEqual(plan.advice, []);
});
