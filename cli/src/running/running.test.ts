import test from "ava";
import type { Revision } from "@troupe/model";
import type { UpMessage } from "@troupe/protocol";
import type { JobOutcome } from "@troupe/sdk";
import { Board } from "./board.ts";
import { inOrder } from "./in-order.ts";
import { progressBlock, progressLine } from "./progress-text.ts";
import { Recorder } from "./recorder.ts";
import { resultLine } from "./result-line.ts";
import { resultTexts } from "./result-text.ts";
import { runJobs, type EndedJob, type Runner } from "./run-jobs.ts";

function done(id: string, result: Record<string, unknown> = {}): JobOutcome {
  return { id, state: "done", result };
}

function failed(id: string): JobOutcome {
  const error = {
    code: "ModuleError",
    message: "no",
    module: "A",
    group: "g",
    replica: "g-0",
    attempt: 3,
    stack: "Error: no\n    at run (m.ts:1:1)",
  };
  return { id, state: "failed", error };
}

function options(signal = new AbortController().signal, onEnd: (ended: EndedJob) => void = () => undefined) {
  return { concurrency: 4, signal, idOf: (index: number) => `j-${index}`, onSubmit: () => undefined, onEnd };
}

test("as many jobs are open as was said, and all of them end in order", async (t) => {
  let open = 0;
  let most = 0;
  const runner: Runner = {
    outcome: async (input, { id = "" }) => {
      most = Math.max(most, ++open);
      await new Promise((resolve) => setImmediate(resolve));
      open--;
      return done(id, { input });
    },
  };
  const ended = await runJobs(
    runner,
    Array.from({ length: 20 }, (_, index) => index),
    options(),
  );
  t.is(most, 4);
  t.deepEqual(
    ended.map(({ outcome }) => (outcome.state === "done" ? outcome.result["input"] : null)),
    Array.from({ length: 20 }, (_, index) => index),
  );
});

test("inputs that come one by one keep their places", async (t) => {
  async function* slowly(): AsyncGenerator<string> {
    for (const input of ["a", "b", "c"]) yield await Promise.resolve(input);
  }
  const runner: Runner = { outcome: async (input, { id = "" }) => done(id, { input }) };
  const ended = await runJobs(runner, slowly(), options());
  t.deepEqual(
    ended.map(({ index, outcome }) => [index, outcome.id, outcome.state === "done" ? outcome.result["input"] : null]),
    [
      [0, "j-0", "a"],
      [1, "j-1", "b"],
      [2, "j-2", "c"],
    ],
  );
});

test("after an interrupt no more jobs are submitted", async (t) => {
  const controller = new AbortController();
  const runner: Runner = {
    outcome: async (_input, { id = "" }) => {
      controller.abort();
      return { id, state: "cancelled", error: { code: "Cancelled", message: "cancelled" } };
    },
  };
  const ended = await runJobs(runner, [1, 2, 3, 4, 5, 6, 7, 8], options(controller.signal));
  t.true(ended.length < 8);
});

test("a refused job fills its place, and silence ends the run", async (t) => {
  const refused = Object.assign(new Error("full"), { name: "RefusedError", code: "StreamFull" });
  const [ended] = await runJobs({ outcome: async () => Promise.reject(refused) }, [1], options());
  t.like(ended?.outcome, { id: "j-0", state: "failed", error: { code: "StreamFull", message: "full" } });
  const silent = Object.assign(new Error("nobody"), { name: "NoCoordinatorError" });
  await t.throwsAsync(runJobs({ outcome: async () => Promise.reject(silent) }, [1], options()), { message: "nobody" });
});

test("results are handed on in order as soon as they can be", (t) => {
  const handed: number[] = [];
  const take = inOrder(({ index }) => handed.push(index));
  for (const index of [2, 0, 1, 4, 3]) take({ index, outcome: done(`${index}`) });
  t.deepEqual(handed, [0, 1, 2, 3, 4]);
});

test("a line has the same fields however the job ended", (t) => {
  t.is(
    resultLine({ index: 0, outcome: done("a", { E: 1, raw: new Uint8Array([1, 2]) }) }),
    '{"id":"a","index":0,"state":"done","result":{"E":1,"raw":"AQI="},"error":null}',
  );
  const line: unknown = JSON.parse(resultLine({ index: 1, outcome: failed("b") }));
  t.like(line, {
    id: "b",
    index: 1,
    state: "failed",
    result: null,
    error: { code: "ModuleError", message: "no", module: "A", group: "g", replica: "g-0", attempt: 3 },
  });
});

test("people see each of a few jobs, and of many those that failed", (t) => {
  t.deepEqual(
    resultTexts(
      [
        { index: 0, outcome: done("a", { E: "x".repeat(90) }) },
        { index: 1, outcome: failed("b") },
      ],
      40,
    ),
    [
      'job 1  done  {"E":"xxxxxxxxxxxxxxxxxxxx…',
      "job 2  failed in module A on g-0, attempt 3",
      "  error[ModuleError] no",
      "    at run (m.ts:1:1)",
    ],
  );
  const many = Array.from({ length: 50 }, (_, index) => ({
    index,
    outcome: index < 30 ? failed(`${index}`) : done(`${index}`),
  }));
  const lines = resultTexts(many, 80);
  t.is(lines.filter((line) => line.startsWith("job ")).length, 10);
  t.regex(lines.at(-1) ?? "", /and 20 more/);
});

test("the timeline counts from the first submission", (t) => {
  const recorder = new Recorder();
  recorder.submitted("a", 0, 1000);
  recorder.submitted("b", 1, 1001);
  const span = { module: "A", group: "g", replica: "g-0", attempt: 1, readyAt: 1002, startedAt: 1003.5, endedAt: 1010 };
  recorder.ended({ ...done("a"), spans: [span] }, 1011);
  t.deepEqual(recorder.timeline(), {
    jobs: [
      { id: "a", index: 0, state: "done", submittedAt: 0, endedAt: 11 },
      { id: "b", index: 1, state: "running", submittedAt: 1, endedAt: null },
    ],
    spans: [{ job: "a", module: "A", group: "g", replica: "g-0", attempt: 1, readyAt: 2, startedAt: 3.5, endedAt: 10 }],
  });
});

test("the board tells running from waiting, and starts a group with the modules that it needs", (t) => {
  const board = new Board(REVISION);
  board.heard({ from: speaker("g1"), messages: [beat("ready")] });
  t.false(board.allReady());
  board.heard({ from: speaker("g2"), messages: [beat("ready")] });
  t.true(board.allReady());
  board.submitted("a");
  board.submitted("b");
  t.deepEqual(board.counts(), [
    { group: "g1", running: 1, waiting: 1, done: 0, progress: null },
    { group: "g2", running: 0, waiting: 0, done: 0, progress: null },
  ]);
  const output = { kind: "json", bytes: new Uint8Array() } as const;
  const message = { type: "done", job: "a", lease: "1:1", module: 0, output, last: true, spans: [] } as const;
  board.heard({ from: speaker("g1"), messages: [message, message] });
  t.deepEqual(board.counts(), [
    { group: "g1", running: 1, waiting: 0, done: 1, progress: null },
    { group: "g2", running: 1, waiting: 0, done: 0, progress: null },
  ]);
});

test("what modules report of how far they are stands with their group, until they are done", (t) => {
  const board = new Board(REVISION);
  board.submitted("a");
  board.submitted("b");
  const report = (job: string, fraction: number | null, message: string | null): UpMessage => {
    return { type: "progress", job, lease: "1:1", module: 0, fraction, message };
  };
  const progress = (): unknown => board.counts()[0]?.progress;
  board.heard({ from: speaker("g1"), messages: [report("a", 0.279, "page 3"), report("unknown", 1, null)] });
  t.is(progress(), "27% page 3");
  board.heard({ from: speaker("g1"), messages: [report("b", null, "looking"), report("a", 0.5, null)] });
  t.is(progress(), "50%", "the last word of a job, and of all jobs");
  const output = { kind: "json", bytes: new Uint8Array() } as const;
  board.heard({
    from: speaker("g1"),
    messages: [{ type: "done", job: "a", lease: "1:1", module: 0, output, last: true, spans: [] }],
  });
  t.is(progress(), "looking");
  board.ended("b");
  t.is(progress(), null);
});

test("progress is shown with its group, on one line", (t) => {
  const groups = [
    { group: "g1", running: 1, waiting: 2, done: 3, progress: "50% two\nlines" },
    { group: "g2", running: 0, waiting: 0, done: 0, progress: null },
  ];
  const facts = { ended: 1, failed: 0, total: 4, elapsedMs: 1_000, groups };
  t.regex(progressLine(facts), /g1 1 running {2}\(50% two lines\), 2 waiting · g2 0 running, 0 waiting$/);
  const [, first = "", second = ""] = progressBlock(facts, true);
  t.regex(first, /1 running {6}2 waiting {7}3 done {2}\(50% two lines\)$/);
  t.regex(second, /0 done$/);
});

function speaker(group: string) {
  return { group, replica: `${group}-0`, instance: "1" };
}

function beat(state: "ready" | "draining") {
  return { type: "beat", version: 1, state, permits: 1, templateHash: "", epoch: 1, executions: [] } as const;
}

function group(name: string, module: number, needed: number[]): Revision["groups"][number] {
  const resources = { cpu: null, memory: null, gpu: 0 };
  return {
    name,
    replicas: 1,
    concurrency: 1,
    resources,
    modules: [module],
    startCondition: needed,
    timeoutMs: null,
    graceMs: 5000,
    templateHash: "",
  };
}

const REVISION: Revision = {
  id: "r1",
  namespace: "local",
  pipeline: "p",
  modules: [],
  groups: [group("g1", 0, []), group("g2", 1, [0])],
  jobs: {
    timeoutMs: null,
    queueTimeoutMs: null,
    maxAttempts: 3,
    backoff: { initialMs: 1, maxMs: 1 },
    maxInFlight: 1000,
    keepResultsMs: 1,
  },
  sharedParameters: {},
  context: null,
};
