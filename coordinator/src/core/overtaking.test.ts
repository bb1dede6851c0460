import test from "ava";
import { Table, beatOf, doneOf, graphFrom, speaker } from "../../sim/owner-fixture.ts";
import { textOf } from "../../sim/tokens.ts";

/** `a` and `b` in one group; `c` waits for `a`, `d` for `b`. */
const graph = graphFrom(["a@g1", "b@g1<a", "c@g2<a", "d@g3<b"]);
const g1 = speaker("g1", "g1-0");

function running(): { table: Table; lease: string } {
  const table = new Table(graph);
  table.hear(g1, beatOf(graph, "g1"));
  table.submit("j");
  const [run] = table.runs();
  return { table, lease: run?.lease ?? "" };
}

test("a result that overtakes an earlier one of its block is neither counted nor acknowledged", (t) => {
  const { table, lease } = running();
  table.hear(g1, doneOf({ job: "j", lease }, 1, true));
  table.commit();
  t.is(table.job("j")?.outputs[1], undefined);
  t.deepEqual(table.said(), []);
});

test("both count when they come again, in order", (t) => {
  const { table, lease } = running();
  table.hear(g1, doneOf({ job: "j", lease }, 1, true));
  table.commit();
  table.hear(g1, doneOf({ job: "j", lease }, 0, false), doneOf({ job: "j", lease }, 1, true));
  table.commit();
  t.deepEqual(
    table.job("j")?.blocks.map((block) => block?.state),
    ["done", "ready", "ready"],
  );
  const acknowledged = table.said().flatMap(({ message }) => (message.type === "ack" ? message.what : []));
  t.deepEqual(acknowledged, [
    { lease, module: 0 },
    { lease, module: 1 },
  ]);
  t.is(table.owner.executions.size, 0);
});

test("an execution whose last result came early still depends on its replica", (t) => {
  const { table, lease } = running();
  table.hear(g1, doneOf({ job: "j", lease }, 1, true));
  table.commit();
  table.hear(g1, { type: "gone", reason: "killed" });
  table.commit();
  table.hear(speaker("g1", "g1-0", "2"), beatOf(graph, "g1"));
  table.pass(2_000, { from: speaker("g1", "g1-0", "2"), beat: beatOf(graph, "g1") });
  table.commit();
  const [again] = table.runs();
  t.is(again?.job, "j");
  t.not(again?.lease, lease);
  t.is(again?.attempt, 2);
});

test("a replica that is lost before the early result is known to be early is charged like any other", (t) => {
  const { table, lease } = running();
  table.hear(g1, doneOf({ job: "j", lease }, 1, true));
  table.hear(g1, { type: "gone", reason: "killed" });
  table.commit();
  t.is(table.job("j")?.blocks[0]?.charged, 1);
  t.is(table.owner.executions.size, 0);
});

test("a consumer never sees results of two executions", (t) => {
  const { table, lease } = running();
  table.hear(g1, doneOf({ job: "j", lease }, 0, false));
  table.commit();
  table.hear(g1, { type: "gone", reason: "killed" });
  table.commit();
  const second = speaker("g1", "g1-0", "2");
  table.pass(2_000, { from: second, beat: beatOf(graph, "g1") });
  table.commit();
  const [again] = table.runs();
  t.deepEqual(
    again?.results.map(({ module, output }) => [module, textOf(output)]),
    [[0, JSON.stringify(`${lease}/0`)]],
  );
  // The first execution was only cut off, and goes on.
  table.hear(g1, doneOf({ job: "j", lease }, 1, true));
  table.commit();
  t.is(table.job("j")?.outputs[1], undefined);
  table.hear(second, doneOf(again ?? { job: "", lease: "" }, 1, true));
  table.commit();
  t.is(textOf(table.job("j")?.outputs[1]), JSON.stringify(`${again?.lease ?? ""}/1`));
});
