import test from "ava";
import { Table, beatOf, doneOf, graphFrom, speaker } from "../../sim/owner-fixture.ts";
import { knock } from "./door.ts";
import { difference } from "../../sim/difference.ts";
import type { JournalState } from "./state.ts";
import { decodeSnapshot, encodeSnapshot, restorePage } from "./snapshot.ts";

const graph = graphFrom(["a@g1", "b!@g2<a"]);
const g1 = speaker("g1", "g1-0");

function busy(): Table {
  const table = new Table(graph);
  table.hear(g1, beatOf(graph, "g1", [], 2));
  table.submit(...Array.from({ length: 20 }, (_, index) => `j${index}`));
  const [first, second] = table.runs();
  if (first !== undefined) table.hear(g1, doneOf(first, 0, true));
  if (second !== undefined)
    table.hear(g1, {
      type: "fail",
      job: second.job,
      lease: second.lease,
      module: 0,
      failure: { code: "ModuleError", kind: "terminal", message: "no" },
      fault: "own",
      spans: [],
    });
  table.commit();
  return table;
}

function sealedParts(state: JournalState, maxBytes: number): Uint8Array[] {
  return encodeSnapshot(state, maxBytes).map((part) => part.seal());
}

test("a snapshot in many small parts is the state that it was made of", (t) => {
  const { state } = busy().owner;
  const parts = sealedParts(state, 2_000);
  t.true(parts.length > 5);
  t.is(difference(decodeSnapshot(parts).state, state), undefined);
});

test("a job that is larger than a part is spread over several", (t) => {
  const { state } = busy().owner;
  const job = state.jobs.get("j2");
  for (const module of [0, 1]) {
    const output = { kind: "binary", bytes: new Uint8Array(3_000).fill(module) } as const;
    if (job !== undefined) job.outputs[module] = output;
    state.inlineBytes += 3_000;
  }
  const parts = sealedParts(state, 4_000);
  t.true(Math.max(...parts.map(({ byteLength }) => byteLength)) < 4_000);
  const restored = decodeSnapshot(parts).state;
  t.is(difference(restored, state), undefined);
  t.deepEqual(restored.jobs.get("j2")?.outputs, job?.outputs);
});

test("a snapshot is the state at which it was made, however late its parts are put together", (t) => {
  const table = busy();
  const before = decodeSnapshot(sealedParts(table.owner.state, 2_000)).state;
  const parts = encodeSnapshot(table.owner.state, 2_000);
  for (const run of table.runs()) table.hear(g1, doneOf(run, 0, true));
  knock(table.owner, { operation: "cancel", id: "j5", reply: "to" }, table.moment);
  table.take();
  table.commit();
  t.not(difference(before, table.owner.state), undefined);
  const late = parts.map((part) => part.seal());
  t.deepEqual(
    late.map(({ byteLength }) => byteLength),
    parts.map(({ size }) => size),
  );
  t.is(difference(decodeSnapshot(late).state, before), undefined);
});

test("pages that were written but never journalled are not taken from the records", (t) => {
  const { state } = busy().owner;
  for (const page of [3, 4, 6]) state.pages.push({ page, jobs: [], stored: [], at: 0 });
  t.deepEqual(decodeSnapshot(sealedParts(state, 100_000)).pages, [
    { first: 3, last: 4 },
    { first: 6, last: 6 },
  ]);
});

test("a job that goes on after its record was written is found open, and not as its record", (t) => {
  const { state } = busy().owner;
  restorePage(state, 1, { jobs: ["j0", "recorded"], stored: [], at: 5 });
  t.deepEqual([...state.index], [["recorded", 1]]);
});
