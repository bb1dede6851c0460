import test from "ava";
import { Table, beatOf, doneOf, graphFrom, speaker } from "../../sim/owner-fixture.ts";

/** `a` and `b` in one group; `c` waits for `a`, `d` for `b`. */
const graph = graphFrom(["a@g1", "b@g1<a", "c@g2<a", "d@g3<b"]);
const g1 = speaker("g1", "g1-0");

function running(): { table: Table; lease: string } {
  const table = new Table(graph);
  table.hear(g1, beatOf(graph, "g1"));
  table.submit("j");
  const [run] = table.runs();
  table.said();
  return { table, lease: run?.lease ?? "" };
}

const acknowledged = (table: Table): unknown[] =>
  table.said().flatMap(({ message }) => (message.type === "ack" ? message.what : []));

test("a result that is sent again while the journal takes its time is written once, and acknowledged when it is journalled", (t) => {
  const { table, lease } = running();
  const first = doneOf({ job: "j", lease }, 0, false);
  for (let n = 0; n < 5; n++) table.hear(g1, first);
  table.hear(g1, doneOf({ job: "j", lease }, 1, true), first);
  t.deepEqual(
    table.pending.map(({ event }) => (event.type === "done" ? event.module : event.type)),
    [0, 1],
  );
  t.deepEqual(acknowledged(table), []);
  table.commit();
  t.deepEqual(acknowledged(table), [
    { lease, module: 0 },
    { lease, module: 1 },
  ]);
  t.is(table.owner.resultsUnderWay.size, 0);
  // E2: what comes once more is acknowledged and dropped.
  table.hear(g1, first);
  t.deepEqual(table.pending, []);
  t.deepEqual(acknowledged(table), [{ lease, module: 0 }]);
});

test("a result that was journalled too early is taken when it comes again", (t) => {
  const { table, lease } = running();
  const last = doneOf({ job: "j", lease }, 1, true);
  table.hear(g1, last, last);
  t.is(table.pending.length, 1);
  table.commit();
  table.hear(g1, doneOf({ job: "j", lease }, 0, false), last);
  table.commit();
  t.deepEqual(
    table.job("j")?.blocks.map((block) => block?.state),
    ["done", "ready", "ready"],
  );
});

test("a new owner takes what its predecessor had on its way", (t) => {
  const { table, lease } = running();
  const result = doneOf({ job: "j", lease }, 0, false);
  table.hear(g1, result);
  table.takeOver();
  table.hear(g1, { ...beatOf(graph, "g1"), executions: [{ job: "j", lease }] });
  table.hear(g1, result);
  table.commit();
  t.not(table.job("j")?.outputs[0], undefined);
});
