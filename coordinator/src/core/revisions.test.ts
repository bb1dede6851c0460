import test from "ava";
import type { Graph } from "@troupe/model";
import { Table, beatOf, doneOf, graphFrom, speaker } from "../../sim/owner-fixture.ts";
import { knock } from "./door.ts";

const OLD = withHash(graphFrom(["a@g1", "b!@g2<a"], { maxAttempts: 1 }), "r-old", { g1: "same", g2: "old" });
const NEW = withHash(OLD, "r-new", { g1: "same", g2: "new" });
const g1 = speaker("g1", "g1-0");
const oldG2 = speaker("g2", "g2-old");
const newG2 = speaker("g2", "g2-new");

function withHash(graph: Graph, id: string, hashes: Readonly<Record<string, string>>): Graph {
  const groups = graph.groups.map((group) => ({ ...group, templateHash: hashes[group.name] ?? "" }));
  return { ...graph, id, groups };
}

/** Job `old` waits in g2 on the old revision, job `new` on the new one. */
function changed(): Table {
  const table = new Table(OLD);
  table.hear(g1, beatOf(OLD, "g1", [], 2));
  table.submit("old");
  table.owner.current = NEW;
  table.submit("new");
  for (const run of table.runs()) table.hear(g1, doneOf(run, 0, true));
  table.commit();
  return table;
}

function revisionsOf(table: Table): string[] {
  return [...table.owner.state.revisions.keys()];
}

test("jobs keep their revision, and only replicas of its template hash get them", (t) => {
  const table = changed();
  t.is(table.job("old")?.route.graph.id, "r-old");
  t.is(table.job("new")?.route.graph.id, "r-new");
  table.hear(newG2, beatOf(NEW, "g2", [], 5));
  table.commit();
  t.deepEqual(
    table.runs().map(({ job, revision }) => [job, revision]),
    [["new", "r-new"]],
  );
  table.hear(oldG2, beatOf(OLD, "g2", [], 5));
  table.commit();
  t.deepEqual(
    table.runs().map(({ job, revision }) => [job, revision]),
    [["old", "r-old"]],
  );
});

test("jobs that need replicas which are gone for good fail as RevisionRetired, and no others", (t) => {
  const table = changed();
  table.owner.control = { suspended: false, retired: ["old", "same"] };
  table.pass(100);
  table.commit();
  const { end } = table.job("old")!;
  t.like(end, { state: "failed", error: { code: "RevisionRetired", group: "g2" } });
  t.is(table.job("new")?.end, undefined, "what the current revision uses is not retired");
});

test("a job that has passed the group whose replicas are retired goes on", (t) => {
  const table = changed();
  table.owner.control = { suspended: false, retired: ["gone", "same"] };
  table.owner.current = withHash(NEW, "r-3", { g1: "other", g2: "old" });
  table.pass(100);
  table.commit();
  t.is(table.job("old")?.end, undefined);
});

test("a retired job that is retried begins anew on the current revision", (t) => {
  const table = changed();
  table.owner.control = { suspended: false, retired: ["old"] };
  table.pass(100);
  table.commit();
  knock(table.owner, { operation: "retry", id: "old", reply: "to" }, table.moment);
  table.take();
  table.commit();
  t.is(table.job("old")?.route.graph.id, "r-new");
  t.deepEqual(
    table.runs().map(({ job, revision, results }) => [job, revision, results.length]),
    [["old", "r-new", 0]],
    "from its first group",
  );
});

test("a retry whose rest the current replicas can run stays on its revision and keeps what is done", (t) => {
  const table = changed();
  table.hear(oldG2, beatOf(OLD, "g2"));
  table.commit();
  const [run] = table.runs();
  table.hear(oldG2, {
    type: "fail",
    job: "old",
    lease: run!.lease,
    module: 1,
    failure: { code: "ModuleError", kind: "terminal", message: "no" },
    fault: "own",
    spans: [],
  });
  table.commit();
  table.owner.current = withHash(OLD, "r-other-parameters", { g1: "other", g2: "old" });
  knock(table.owner, { operation: "retry", id: "old", reply: "to" }, table.moment);
  table.take();
  table.commit();
  t.is(table.job("old")?.route.graph.id, "r-old");
  t.deepEqual(
    table.runs().map(({ job, results }) => [job, results.length]),
    [["old", 1]],
  );
});

test("a suspended pipeline takes nothing new, and what is open goes on", (t) => {
  const table = changed();
  table.owner.control = { suspended: true, retired: [] };
  table.submit("later");
  const refused = table.replies.find(({ to }) => to === "to later");
  t.like(refused?.reply, { kind: "refused", code: "Suspended" });
  table.submit("old");
  t.is(table.replies.findLast(({ to }) => to === "to old")?.reply.kind, "accepted", "E1: what is known is known");
  table.hear(oldG2, beatOf(OLD, "g2"));
  table.commit();
  t.deepEqual(
    table.runs().map(({ job }) => job),
    ["old"],
  );
  table.owner.control = { suspended: false, retired: [] };
  table.submit("later");
  t.is(table.replies.findLast(({ to }) => to === "to later")?.reply.kind, "accepted");
});

test("E10: a revision that no job needs is released, and announced again when one needs it after all", (t) => {
  const table = changed();
  t.deepEqual(revisionsOf(table), ["r-old", "r-new"]);
  table.pass(6_000, { from: g1, beat: beatOf(OLD, "g1", [], 2) });
  table.commit();
  t.deepEqual(revisionsOf(table), ["r-old", "r-new"], "an open job needs it");
  knock(table.owner, { operation: "cancel", id: "old", reply: "" }, table.moment);
  table.take();
  table.commit();
  const { owner } = table;
  owner.state.jobs.delete("old"); // as if its page were written
  table.pass(6_000, { from: g1, beat: beatOf(OLD, "g1", [], 2) });
  table.commit();
  t.deepEqual(revisionsOf(table), ["r-new"]);
  owner.current = OLD;
  table.submit("again");
  t.is(table.job("again")?.route.graph.id, "r-old");
  table.takeOver();
  t.is(table.job("again")?.route.graph.id, "r-old");
});

test("a submission that was on its way when its revision was released is taken", (t) => {
  const table = new Table(OLD);
  table.submit("first");
  table.owner.current = NEW;
  table.submit("second");
  table.owner.state.jobs.delete("first");
  table.pass(6_000);
  // The release is appended, and not journalled yet.
  table.owner.current = OLD;
  table.submit("third");
  t.is(table.job("third")?.route.graph.id, "r-old");
});
