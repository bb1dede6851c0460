import test from "ava";
import { NULL_PAYLOAD, type Done, type Run } from "@troupe/protocol";
import { WHOLE_EXECUTION, type Execution } from "./execution.ts";
import { Executions } from "./executions.ts";

function runOf(n: number, more: Partial<Run> = {}): Run {
  return {
    type: "run",
    job: `j${n}`,
    lease: `1:${n}`,
    attempt: 1,
    idempotencyKey: `j${n}:g`,
    revision: "r1",
    phase: "run",
    input: NULL_PAYLOAD,
    results: [],
    items: [],
    alone: false,
    timeLeftMs: null,
    ...more,
  };
}

function added(executions: Executions, n: number): Execution {
  const execution = executions.add(runOf(n), new Map(), 0);
  if (execution === null) throw new Error("it was known");
  return execution;
}

function doneOf({ run }: Execution, module: number, last = false): Done {
  return { type: "done", job: run.job, lease: run.lease, module, output: NULL_PAYLOAD, last, spans: [] };
}

test("a run that comes twice is one execution", (t) => {
  const executions = new Executions();
  added(executions, 1);
  t.is(executions.add(runOf(1), new Map(), 0), null);
  t.is(executions.size, 1);
});

test("a run that comes again when its execution is over and forgotten is not worked on again", (t) => {
  const executions = new Executions();
  const execution = added(executions, 1);
  execution.stage = "ended";
  executions.settle(execution);
  t.is(executions.size, 0);
  t.is(executions.add(runOf(1), new Map(), 0), null);
  t.false(executions.refuse("1:1"), "nor can it be said that it never came");
});

test("a run that was refused before it came never runs", (t) => {
  const executions = new Executions();
  t.true(executions.refuse("1:1"));
  t.is(executions.add(runOf(1), new Map(), 0), null);
  t.is(executions.size, 0);
});

test("an execution is listed until it has ended and all its messages are acknowledged", (t) => {
  const executions = new Executions();
  const execution = added(executions, 1);
  executions.keep(execution, doneOf(execution, 0), 0);
  executions.keep(execution, doneOf(execution, 1, true), 0);
  executions.acknowledge("1:1", 0);
  t.is(executions.listed().length, 1);
  executions.acknowledge("1:1", 1);
  t.deepEqual(executions.listed(), [{ job: "j1", lease: "1:1" }], "it has not ended yet");
  execution.stage = "ended";
  executions.settle(execution);
  t.deepEqual(executions.listed(), []);
  t.is(executions.size, 0);
});

test("what is still being stored keeps an ended execution", (t) => {
  const executions = new Executions();
  const execution = added(executions, 1);
  execution.stage = "ended";
  execution.unsent = 1;
  executions.settle(execution);
  t.is(executions.size, 1);
  execution.unsent = 0;
  executions.settle(execution);
  t.is(executions.size, 0);
});

test("a cancelled execution leaves the beats at once, and the table when it has ended", (t) => {
  const executions = new Executions();
  const execution = added(executions, 1);
  executions.keep(execution, doneOf(execution, 0), 0);
  execution.cancelled = true;
  t.deepEqual(executions.listed(), []);
  t.deepEqual(executions.takeDue(10_000, 0), []);
  t.is(executions.size, 1);
  execution.stage = "ended";
  executions.settle(execution);
  t.is(executions.size, 0);
});

test("a message is due again when it was not acknowledged for long enough, counted from the last time", (t) => {
  const executions = new Executions();
  const [first, second] = [added(executions, 1), added(executions, 2)];
  executions.keep(first, doneOf(first, 0), 1_000);
  executions.keep(second, { type: "back", job: "j2", lease: "1:2", started: false }, 1_400);
  t.deepEqual(executions.takeDue(2_499, 1_500), []);
  t.deepEqual(
    executions.takeDue(2_500, 1_500).map(({ lease }) => lease),
    ["1:1"],
  );
  t.deepEqual(
    executions.takeDue(2_900, 1_500).map(({ lease }) => lease),
    ["1:2"],
  );
  t.is(executions.takeDue(2_901, 0).length, 2, "a new owner gets everything");
  second.stage = "ended";
  executions.acknowledge("1:2", WHOLE_EXECUTION);
  t.is(executions.takeDue(9_000, 0).length, 1);
});

test("an acknowledgement of something unknown is nothing", (t) => {
  const executions = new Executions();
  executions.acknowledge("9:9", 0);
  t.is(executions.size, 0);
});
