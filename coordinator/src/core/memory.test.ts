/** What is kept of payloads in memory (E10). */
import test from "ava";
import { isInline, type Payload } from "@troupe/protocol";
import { Table, beatOf, doneOf, failOf, graphFrom, speaker } from "../../sim/owner-fixture.ts";
import { knock } from "./door.ts";
import { owned } from "./frame-codec.ts";
import { encodeSnapshot } from "./snapshot.ts";

const KIB = 1024;
const graph = graphFrom(["a@g1", "b!@g2<a"], { maxAttempts: 1 });
const g1 = speaker("g1", "g1-0");
const g2 = speaker("g2", "g2-0");

function bytes(size: number): Payload {
  return { kind: "json", bytes: new Uint8Array(size) };
}

/** A job with an input of 30 KiB that brought 20 KiB on the way; its last block runs. */
function halfway(): { table: Table; last: { job: string; lease: string } } {
  const table = new Table(graph);
  table.hear(g1, beatOf(graph, "g1"));
  table.hear(g2, beatOf(graph, "g2"));
  submit(table, "j", 30 * KIB);
  table.commit();
  const [a] = table.runs();
  table.hear(g1, { ...doneOf(a!, 0, true), output: bytes(20 * KIB) });
  table.commit();
  const [b] = table.runs();
  return { table, last: b! };
}

function submit(table: Table, id: string, size: number): void {
  const input = bytes(size);
  knock(
    table.owner,
    { operation: "submit", id, phase: "run", input, digest: id, reply: `to ${id}`, wait: "", timeline: false },
    table.moment,
  );
  table.take();
}

test("a job that is done takes what its record will hold: its result", (t) => {
  const { table, last } = halfway();
  t.is(table.owner.state.inlineBytes, 50 * KIB);
  table.hear(g2, { ...doneOf(last, 1, true), output: bytes(10 * KIB) });
  table.commit();
  const job = table.job("j")!;
  t.is(job.end?.state, "done");
  t.is(table.owner.state.inlineBytes, 10 * KIB);
  t.deepEqual(
    [job.input, ...job.outputs].map((payload) =>
      payload !== undefined && isInline(payload) ? payload.bytes.length : -1,
    ),
    [0, 0, 10 * KIB],
  );
});

test("one that is cancelled takes nothing, and one that failed all that a retry needs", (t) => {
  const cancelled = halfway().table;
  knock(cancelled.owner, { operation: "cancel", id: "j", reply: "to" }, cancelled.moment);
  cancelled.take();
  cancelled.commit();
  t.is(cancelled.owner.state.inlineBytes, 0);
  const { table, last } = halfway();
  table.hear(g2, failOf(last));
  table.commit();
  t.is(table.job("j")?.end?.state, "failed");
  t.is(table.owner.state.inlineBytes, 50 * KIB);
});

test("a payload of its own keeps nothing of the message that it came in, whatever brought the message", (t) => {
  for (const message of [Buffer.alloc(64 * KIB, 7), new Uint8Array(64 * KIB).fill(7)]) {
    const payload = owned({ kind: "binary", bytes: message.subarray(10, 110) });
    if (!isInline(payload)) throw new TypeError("it is not inline");
    t.is(payload.bytes.buffer.byteLength, 100);
    t.deepEqual([...payload.bytes], [...message.subarray(10, 110)]);
  }
});

test("a snapshot takes the memory of one part at a time, not of all payloads", (t) => {
  const { table } = halfway();
  for (let index = 0; index < 400; index++) submit(table, `j${index}`, 30 * KIB);
  table.commit();
  const before = process.memoryUsage().arrayBuffers;
  const parts = encodeSnapshot(table.owner.state, 256 * KIB);
  t.true(process.memoryUsage().arrayBuffers - before < 1_000 * KIB);
  t.true(parts.length > 40);
  t.true(parts.reduce((sum, { size }) => sum + size, 0) > 400 * 30 * KIB);
});

test("inputs count for admission while they are on their way to the journal", (t) => {
  const table = new Table(graph, { maxInlineBytes: 100 * KIB });
  for (let index = 0; index < 5; index++) submit(table, `j${index}`, 30 * KIB);
  t.deepEqual(
    table.replies.map(({ to, reply }) => [to, reply.kind === "refused" ? reply.code : reply.kind]),
    [["to j4", "TooManyJobs"]],
  );
  table.commit();
  t.is(table.owner.submittingBytes, 0);
  t.is(table.owner.state.inlineBytes, 120 * KIB);
});

test("pipelines of one process share its memory, and none can take another's last part of it", (t) => {
  const table = new Table(graph, { maxProcessBytes: 40 * 1024 * KIB });
  table.owner.elsewhereBytes = 100 * 1024 * KIB;
  for (const id of ["a", "b"]) submit(table, id, 3 * 1024 * KIB);
  t.deepEqual(table.replies, [], "a pipeline may hold a little, whatever others hold");
  submit(table, "c", KIB);
  const refusal = table.replies.at(-1)?.reply;
  t.like(refusal, { kind: "refused", code: "TooManyJobs", retryAfterMs: 1_000 });
  t.is(
    refusal?.kind === "refused" ? refusal.message : "",
    "the pipelines of this coordinator hold more than 40 MiB together",
  );
  table.owner.elsewhereBytes = 10 * 1024 * KIB;
  submit(table, "c", KIB);
  t.is(table.replies.length, 1);
});
