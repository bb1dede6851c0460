import test from "ava";
import { Table, beatOf, doneOf, graphFrom, speaker } from "../../sim/owner-fixture.ts";
import type { Job } from "./job.ts";
import { knock, recorded } from "./door.ts";
import { append } from "./owner.ts";
import { encodePage, jobsOfPage } from "./record.ts";
import { pageWritten } from "./tick.ts";

const graph = graphFrom(["a@g1", "b!@g2<a"], { maxAttempts: 1 });
const g1 = speaker("g1", "g1-0");
const g2 = speaker("g2", "g2-0");

/** The job is recorded on a page, as the shell would do it. @returns its record. */
function record(table: Table, page: number): Job {
  const job = table.job("j");
  if (job === undefined) throw new RangeError("the job is not there");
  pageWritten(table.owner, [job], page, table.moment);
  table.take();
  table.commit();
  const stored = jobsOfPage(encodePage([job])).get("j");
  if (stored === undefined) throw new RangeError("the job is not on its page");
  return stored;
}

function failed(): Table {
  const table = new Table(graph);
  table.hear(g1, beatOf(graph, "g1"));
  table.hear(g2, beatOf(graph, "g2"));
  table.submit("j");
  const [a] = table.runs();
  if (a !== undefined) table.hear(g1, doneOf(a, 0, true));
  table.commit();
  const [b] = table.runs();
  if (b !== undefined)
    table.hear(g2, {
      type: "fail",
      job: "j",
      lease: b.lease,
      module: 1,
      failure: { code: "ModuleError", kind: "terminal", message: "no" },
      fault: "own",
      spans: [],
    });
  table.commit();
  return table;
}

test("a retry goes on from the module that failed, also when the job is only a record", (t) => {
  const table = failed();
  const stored = record(table, 1);
  t.is(table.job("j"), undefined);
  recorded(table.owner, { id: "j", job: stored, use: { kind: "retry", reply: "to", page: 1 } }, table.moment);
  table.take();
  table.commit();
  t.deepEqual(
    table.runs().map(({ job, results }) => [job, results.map(({ module }) => module)]),
    [["j", [0]]],
  );
});

test("a retry that was read from a page which another retry has made old does not open the job again", (t) => {
  const table = failed();
  const stored = record(table, 1);
  recorded(table.owner, { id: "j", job: stored, use: { kind: "retry", reply: "to", page: 1 } }, table.moment);
  table.take();
  table.commit();
  const [b] = table.runs();
  if (b !== undefined) table.hear(g2, doneOf(b, 1, true));
  table.commit();
  t.is(table.job("j")?.end?.state, "done");
  record(table, 2);
  recorded(table.owner, { id: "j", job: stored, use: { kind: "retry", reply: "late", page: 1 } }, table.moment);
  table.take();
  table.commit();
  t.is(table.job("j"), undefined);
  t.is(table.owner.state.index.get("j"), 2);
  t.deepEqual(table.reads.at(-1), { page: 2, job: "j", use: { kind: "retry", reply: "late", page: 2 } });
  t.is(table.owner.state.totals.done, 1);
});

test("a page that was under way while its job was retried and ended again does not stand for the job (E6)", (t) => {
  const table = failed();
  const former = table.job("j")!;
  knock(table.owner, { operation: "retry", id: "j", reply: "to" }, table.moment);
  table.take();
  table.commit();
  const [b] = table.runs();
  table.hear(g2, doneOf(b!, 1, true));
  table.commit();
  t.is(table.job("j")?.end?.state, "done");
  pageWritten(table.owner, [former], 1, table.moment);
  table.take();
  table.commit();
  t.is(table.job("j")?.end?.state, "done", "it waits for a page of its own");
  t.is(table.owner.state.index.get("j"), undefined);
  t.deepEqual([...table.owner.state.ended], ["j"]);
  t.is(record(table, 2).end?.state, "done");
  t.is(table.owner.state.index.get("j"), 2);
});

/** A failed job with something stored is a record, which is about to expire: that is on its way to the journal. */
function expiring(stored = "j.in.1"): { table: Table; job: Job } {
  const table = failed();
  const job = table.job("j");
  if (job === undefined) throw new RangeError("the job is not there");
  append(table.owner, { type: "page", page: 1, jobs: ["j"], stored: [stored], at: table.moment.wall });
  table.take();
  table.commit();
  append(table.owner, { type: "forget", below: 2 });
  table.take();
  return { table, job };
}

test("what is stored for a failed job goes with its record", (t) => {
  const { table } = expiring();
  table.commit();
  t.deepEqual(table.purged, ["j.in.1"]);
});

test("a page of a former version names jobs, and all that is stored for them goes with it", (t) => {
  const { table } = expiring("j");
  table.commit();
  t.deepEqual(table.purged, ["j"]);
});

test("what is stored for a failed job stays when its record expires while its retry is on its way (E6)", (t) => {
  const { table, job } = expiring();
  recorded(table.owner, { id: "j", job, use: { kind: "retry", reply: "to", page: 1 } }, table.moment);
  table.take();
  table.commit();
  t.deepEqual(table.purged, []);
  t.deepEqual(
    table.runs().map((run) => run.job),
    ["j"],
  );
});

test("only a failed job is retried", (t) => {
  const table = new Table(graph);
  table.submit("j");
  knock(table.owner, { operation: "retry", id: "j", reply: "to" }, table.moment);
  table.take();
  const refusal = table.replies.at(-1)?.reply;
  t.is(refusal?.kind === "refused" ? refusal.code : undefined, "NotFailed");
});
