import test from "ava";
import { NULL_PAYLOAD } from "@troupe/protocol";
import type { Execution } from "./execution.ts";
import { Schedule } from "./schedule.ts";

const LIMITS = { permits: 1, ahead: 2, bytesAhead: 100 };

function executionOf(n: number, more: { alone?: boolean; bytes?: number } = {}): Execution {
  const input =
    more.bytes === undefined ? NULL_PAYLOAD : ({ kind: "binary", bytes: new Uint8Array(more.bytes) } as const);
  return {
    n,
    run: {
      type: "run",
      job: `j${n}`,
      lease: `1:${n}`,
      attempt: 1,
      idempotencyKey: `j${n}:g`,
      revision: "r1",
      phase: "run",
      input,
      results: [],
      items: [],
      alone: more.alone ?? false,
      timeLeftMs: null,
    },
    items: new Map(),
    receivedAtMs: 0,
    stage: "queued",
    cancelled: false,
    stopping: null,
    kept: new Map(),
    unsent: 0,
  };
}

function scheduled(executions: readonly Execution[], limits = LIMITS): Schedule {
  const schedule = new Schedule(limits);
  for (const execution of executions) schedule.add(execution);
  return schedule;
}

const numbers = (executions: readonly Execution[]): number[] => executions.map(({ n }) => n);

test("a window of executions is admitted, in order; the next when one has ended", (t) => {
  const executions = [1, 2, 3, 4, 5].map((n) => executionOf(n));
  const schedule = scheduled(executions);
  t.deepEqual(numbers(schedule.admit()), [1, 2, 3]);
  t.deepEqual(schedule.admit(), []);
  schedule.remove(executions[1]!);
  t.deepEqual(numbers(schedule.admit()), [4]);
});

test("what is fetched does not overtake what is still being fetched", (t) => {
  const executions = [1, 2, 3].map((n) => executionOf(n));
  const schedule = scheduled(executions);
  schedule.admit();
  executions[0]!.stage = "fetching";
  executions[1]!.stage = "fetched";
  executions[2]!.stage = "fetched";
  t.deepEqual(schedule.takeHostable(), []);
  executions[0]!.stage = "fetched";
  t.deepEqual(numbers(schedule.takeHostable()), [1, 2, 3]);
  t.deepEqual(schedule.takeHostable(), [], "each goes to the host once");
});

test("one that has to be alone waits for all before it, and all behind it wait for it", (t) => {
  const executions = [executionOf(1), executionOf(2, { alone: true }), executionOf(3)];
  const schedule = scheduled(executions);
  t.deepEqual(numbers(schedule.admit()), [1]);
  schedule.remove(executions[0]!);
  t.deepEqual(numbers(schedule.admit()), [2]);
  t.deepEqual(schedule.admit(), []);
  schedule.remove(executions[1]!);
  t.deepEqual(numbers(schedule.admit()), [3]);
});

test("large payloads bound what is fetched ahead, but never what has a permit", (t) => {
  const schedule = scheduled(
    [executionOf(1, { bytes: 500 }), executionOf(2, { bytes: 500 }), executionOf(3, { bytes: 500 })],
    {
      ...LIMITS,
      permits: 2,
    },
  );
  t.deepEqual(numbers(schedule.admit()), [1, 2]);
});

test("after the host has died all start over, in the old order, before those that waited", (t) => {
  const executions = [1, 2, 3, 4].map((n) => executionOf(n));
  const schedule = scheduled(executions);
  schedule.admit();
  for (const execution of executions.slice(0, 3)) execution.stage = "fetched";
  schedule.takeHostable();
  schedule.remove(executions[0]!);
  schedule.readmitAll();
  t.deepEqual(numbers(schedule.admit()), [2, 3, 4]);
});

test("one that waits can be taken out", (t) => {
  const executions = [1, 2, 3, 4].map((n) => executionOf(n));
  const schedule = scheduled(executions);
  schedule.admit();
  schedule.remove(executions[3]!);
  schedule.remove(executions[0]!);
  t.deepEqual(schedule.admit(), []);
});
