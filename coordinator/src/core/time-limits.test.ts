import test from "ava";
import { Table, beatOf, doneOf, failOf, graphFrom, speaker } from "../../sim/owner-fixture.ts";
import { statusText } from "./outcome.ts";

const replica = speaker("g1", "g1-0");
const graph = graphFrom(["a@g1", "b!@g2<a"], { timeoutSeconds: 3, backoff: { initialSeconds: 60 } });

function errorOf(table: Table): object | undefined {
  const end = table.job("j")?.end;
  return end?.state === "failed" ? end.error : end;
}

function statusOf(table: Table): object {
  return JSON.parse(statusText(table.job("j")!)) as object;
}

const LATE = "the job was not done within 3 s (jobs.timeoutSeconds)";
const WAITED = `${LATE}: group g1 waited for a replica`;

test("JobTimeout: the owner ends a job that no agent holds, when its time is over and not before", (t) => {
  const table = new Table(graph);
  table.submit("j");
  t.like(statusOf(table), { waitingFor: ["a replica of group g1"] });
  table.pass(3_000);
  table.commit();
  t.is(table.job("j")?.end, undefined);
  table.pass(100);
  table.commit();
  t.like(errorOf(table), { code: "JobTimeout", message: WAITED });
  t.is(table.owner.state.totals.failed, 1);
  t.like(table.journal.at(-1), { type: "expire", job: "j", failure: { kind: "terminal" } });
});

test("JobTimeout: the pause before another attempt counts, and the attempt is not made any more", (t) => {
  const table = new Table(graph);
  table.hear(replica, beatOf(graph, "g1"));
  table.submit("j");
  t.false("waitingFor" in statusOf(table), "it is at work");
  table.hear(replica, failOf(table.runs()[0]!));
  table.commit();
  t.like(statusOf(table), { waitingFor: ["another attempt of group g1"] });
  table.pass(100_000, { from: replica, beat: beatOf(graph, "g1") });
  table.commit();
  t.like(errorOf(table), { code: "JobTimeout", message: `${LATE}: group g1 was about to be tried again` });
  t.deepEqual(table.runs(), []);
});

test("JobTimeout: time is counted from the submission, also by an owner that has taken over", (t) => {
  const table = new Table(graph);
  table.submit("j");
  table.pass(2_000);
  table.takeOver();
  table.pass(1_100);
  table.commit();
  t.like(errorOf(table), { code: "JobTimeout", message: WAITED });
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
  t.like(errorOf(table), { code: "JobTimeout", message: `${LATE}: group g1 was at work in g1-0` });
  t.is(table.owner.state.totals.done, 0);
});

test("JobTimeout says of each group that has the job in hand what it was doing, and why it is not set up", (t) => {
  const table = new Table(graphFrom(["a@g1", "b@g2", "c@g3", "d@g4"], { timeoutSeconds: 3 }));
  table.hear(replica, beatOf(table.graph, "g1"));
  const broken = { code: "BootstrapFailed", message: "needs /never/there", kind: "terminal" } as const;
  table.submit("j");
  const [run] = table.runs();
  const at = { from: replica, beat: beatOf(table.graph, "g1", [{ job: "j", lease: run!.lease }]) };
  table.pass(2_000, at);
  table.hear(speaker("g2", "g2-0"), { ...beatOf(table.graph, "g2"), state: "broken", problem: broken });
  table.pass(1_100, at);
  table.commit();
  const standing =
    "group g1 was at work in g1-0, group g2 waited for a replica (it cannot be set up: needs /never/there), group g3 waited for a replica, and 1 more";
  t.like(errorOf(table), { code: "JobTimeout", message: `${LATE}: ${standing}` });
});
