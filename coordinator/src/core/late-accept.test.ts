import test from "ava";
import { Table, beatOf, doneOf, graphFrom, speaker } from "../../sim/owner-fixture.ts";

const graph = graphFrom(["a@g1"]);
const replica = speaker("g1", "g1-0");

test("a short job's outcome is all that its client hears, when it said that it has time", (t) => {
  const table = new Table(graph);
  table.hear(replica, beatOf(graph, "g1"));
  table.submitLate("j");
  t.deepEqual(table.replies, []);
  const [run] = table.runs();
  table.hear(replica, doneOf(run ?? { job: "", lease: "" }, 0, true));
  table.commit();
  table.pass(2_000);
  t.deepEqual(
    table.replies.map(({ to, reply }) => [to, reply.kind]),
    [["end of j", "outcome"]],
  );
});

test("of a job that takes longer it hears that it is journalled, once", (t) => {
  const table = new Table(graph);
  table.submitLate("j");
  table.pass(400);
  t.deepEqual(table.replies, []);
  table.pass(2_000);
  t.deepEqual(
    table.replies.map(({ to, reply }) => [to, reply.kind]),
    [["to j", "accepted"]],
  );
});

test("who sends it again is answered at once, after it is journalled and not before", (t) => {
  const table = new Table(graph);
  table.submitLate("j");
  table.submit("j");
  t.deepEqual(
    table.replies.map(({ to, reply }) => [to, reply.kind]),
    [["to j", "accepted"]],
  );
});
