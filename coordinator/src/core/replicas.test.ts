import test from "ava";
import { Table, beatOf, doneOf, failOf, graphFrom, speaker } from "../../sim/owner-fixture.ts";
import { renewLeases } from "./replicas.ts";

const graph = graphFrom(["a@g1"], { backoff: { initialSeconds: 0.1, maxSeconds: 0.1 }, queueTimeoutSeconds: 2 });
const first = speaker("g1", "g1-0", "1");
const second = speaker("g1", "g1-0", "2");

test("a late beat of an ended instance does not cost its successor an attempt", (t) => {
  const table = new Table(graph);
  table.hear(first, beatOf(graph, "g1"));
  table.hear(second, beatOf(graph, "g1"));
  table.submit("j");
  const [run] = table.runs();
  table.hear(first, beatOf(graph, "g1"));
  table.commit();
  t.is(table.owner.executions.get(run?.lease ?? "")?.replica.instance, "g1-0.2");
  t.is(table.job("j")?.blocks[0]?.charged, 0);
});

test("an instance that was taken for ended by mistake is heard again after a lease's time", (t) => {
  const table = new Table(graph);
  table.hear(second, beatOf(graph, "g1"));
  table.hear(first, beatOf(graph, "g1")); // late: this owner never knew the first
  table.pass(4_000, { from: second, beat: beatOf(graph, "g1") });
  t.is(table.owner.groups.get("g1")?.replicas.get("g1-0")?.instance, "g1-0.2");
});

test("a silent replica is charged when it worked on one block alone", (t) => {
  const table = new Table(graph);
  table.hear(first, beatOf(graph, "g1"));
  table.submit("j");
  table.pass(3_500);
  table.commit();
  t.is(table.job("j")?.blocks[0]?.charged, 1);
});

test("of several blocks on a lost replica none is charged, and each runs alone afterwards", (t) => {
  const table = new Table(graph);
  table.hear(first, beatOf(graph, "g1", [], 2));
  table.submit("j1", "j2");
  t.deepEqual(
    table.runs().map(({ alone }) => alone),
    [false, false],
  );
  table.hear(first, { type: "gone", reason: "killed" });
  table.commit();
  table.hear(second, beatOf(graph, "g1", [], 2));
  table.commit();
  const [suspect, ...others] = table.runs();
  t.deepEqual([suspect?.job, suspect?.alone, suspect?.attempt, others.length], ["j1", true, 1, 0]);
  table.hear(second, doneOf(suspect ?? { job: "", lease: "" }, 0, true));
  table.commit();
  t.deepEqual(
    table.runs().map(({ job, alone }) => [job, alone]),
    [["j2", true]],
  );
});

test("a replica is free for all again when its suspect ends before an execution that it turned out to have", (t) => {
  const table = new Table(graph);
  table.hear(first, beatOf(graph, "g1", [], 2));
  table.submit("j1", "j2");
  const [one, two] = table.runs();
  table.hear(first, failOf(one ?? { job: "", lease: "" }, "shared"));
  table.hear(first, doneOf(two ?? { job: "", lease: "" }, 0, true));
  table.commit();
  const [suspect] = table.runs();
  t.true(suspect?.alone);
  table.hear(first, doneOf(suspect ?? { job: "", lease: "" }, 0, true));
  table.commit();
  t.false(table.owner.groups.get("g1")?.replicas.get("g1-0")?.exclusive);
});

test("time in which the owner was frozen does not count against a replica", (t) => {
  const table = new Table(graph);
  table.hear(first, beatOf(graph, "g1"));
  table.submit("j");
  table.now += 10_000;
  renewLeases(table.owner, table.moment);
  table.pass(2_000, {
    from: first,
    beat: beatOf(
      graph,
      "g1",
      table.runs().map(({ job, lease }) => ({ job, lease })),
    ),
  });
  table.commit();
  t.is(table.job("j")?.blocks[0]?.charged, 0);
});

test("the time limit of the queue counts waiting, and not working", (t) => {
  const table = new Table(graph);
  table.hear(first, beatOf(graph, "g1"));
  table.submit("j1", "j2");
  const [run] = table.runs();
  const beat = beatOf(graph, "g1", [{ job: "j1", lease: run?.lease ?? "" }]);
  table.pass(3_000, { from: first, beat });
  table.commit();
  t.is(table.job("j1")?.end, undefined);
  const end = table.job("j2")?.end;
  t.is(end?.state === "failed" ? end.error.code : undefined, "QueueTimeout");
});

test("a block that worked for long and is taken back does not expire at once", (t) => {
  const table = new Table(graph);
  table.hear(first, beatOf(graph, "g1"));
  table.submit("j1");
  const [run] = table.runs();
  table.pass(5_000, { from: first, beat: beatOf(graph, "g1", [{ job: "j1", lease: run?.lease ?? "" }]) });
  table.hear(
    first,
    { ...beatOf(graph, "g1"), state: "draining" },
    { type: "back", job: "j1", lease: run?.lease ?? "", started: true },
  );
  table.commit();
  table.pass(1_000);
  table.commit();
  t.is(table.job("j1")?.end, undefined);
});
