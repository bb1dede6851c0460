import test from "ava";
import { Table, beatOf, doneOf, failOf, graphFrom, speaker } from "../../sim/owner-fixture.ts";

const replica = speaker("g1", "g1-0");
const graph = graphFrom(["a@g1", "b!@g2<a"], { timeoutSeconds: 3, backoff: { initialSeconds: 60 } });

function errorOf(table: Table): object | undefined {
  const end = table.job("j")?.end;
  return end?.state === "failed" ? end.error : end;
}

const MESSAGE = "the job was not done within 3 s (jobs.timeoutSeconds)";

test("JobTimeout: the owner ends a job that no agent holds, when its time is over and not before", (t) => {
  const table = new Table(graph);
  table.submit("j");
  table.pass(3_000);
  table.commit();
  t.is(table.job("j")?.end, undefined);
  table.pass(100);
  table.commit();
  t.like(errorOf(table), { code: "JobTimeout", message: MESSAGE });
  t.is(table.owner.state.totals.failed, 1);
  t.like(table.journal.at(-1), { type: "expire", job: "j", failure: { kind: "terminal" } });
});

test("JobTimeout: the pause before another attempt counts, and the attempt is not made any more", (t) => {
  const table = new Table(graph);
  table.hear(replica, beatOf(graph, "g1"));
  table.submit("j");
  table.hear(replica, failOf(table.runs()[0]!));
  table.commit();
  table.pass(100_000, { from: replica, beat: beatOf(graph, "g1") });
  table.commit();
  t.like(errorOf(table), { code: "JobTimeout", message: MESSAGE });
  t.deepEqual(table.runs(), []);
});

test("JobTimeout: time is counted from the submission, also by an owner that has taken over", (t) => {
  const table = new Table(graph);
  table.submit("j");
  table.pass(2_000);
  table.takeOver();
  table.pass(1_100);
  table.commit();
  t.like(errorOf(table), { code: "JobTimeout", message: MESSAGE });
});

test("JobTimeout: the replica hears how much time is left, and its result that comes too late is dropped (E2, E6)", (t) => {
  const table = new Table(graph);
  table.submit("j");
  table.pass(1_000);
  table.hear(replica, beatOf(graph, "g1"));
  const run = table.runs()[0]!;
  t.is(run.timeLeftMs, 2_000);
  const beat = beatOf(graph, "g1", [{ job: "j", lease: run.lease }]);
  table.pass(2_100, { from: replica, beat });
  table.commit();
  t.like(errorOf(table), { code: "JobTimeout" });
  table.hear(replica, doneOf(run, 0, true));
  table.commit();
  t.like(errorOf(table), { code: "JobTimeout", message: MESSAGE });
  t.is(table.owner.state.totals.done, 0);
});
