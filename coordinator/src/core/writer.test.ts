import test from "ava";
import type { JournalEvent } from "./events.ts";
import { Writer, type Frame } from "./writer.ts";

const cancel = (job: string): JournalEvent => ({ type: "cancel", job, reason: "", at: 0 });
const submit = (job: string): JournalEvent => ({
  type: "submit",
  job,
  revision: "r",
  phase: "run",
  digest: "",
  at: 0,
  input: { kind: "json", bytes: new Uint8Array(100) },
});

function writing(...events: JournalEvent[]): { writer: Writer; frame: Frame } {
  const writer = new Writer({ epoch: 3, sequence: 10, number: 10, checksum: 77, maxBytes: 1_000 });
  for (const event of events) writer.add(event, {});
  const frame = writer.next();
  if (frame === undefined) throw new RangeError("nothing to write");
  return { writer, frame };
}

test("one frame is under way at a time; what comes meanwhile is the next", (t) => {
  const { writer, frame } = writing(cancel("a"));
  t.deepEqual([frame.epoch, frame.number, frame.expected, frame.after, frame.entries.length], [3, 11, 10, 77, 1]);
  writer.add(cancel("b"), {});
  writer.add(cancel("c"), {});
  t.is(writer.next(), undefined);
  writer.acknowledged(frame, 11, 88);
  const next = writer.next();
  t.deepEqual([next?.number, next?.expected, next?.after, next?.entries.length], [12, 11, 88, 2]);
});

test("a frame is cut at its size, but an event that is larger goes alone", (t) => {
  const { writer, frame } = writing(submit("a"), submit("b"), submit("c"));
  t.is(frame.entries.length, 2);
  writer.acknowledged(frame, 11, 88);
  t.is(writer.next()?.entries.length, 1);
});

test("after a doubt, its own frame at the expected place means committed", (t) => {
  const { writer, frame } = writing(cancel("a"));
  writer.doubt(frame);
  t.is(writer.inspected(frame, { lastSequence: 11, isOwnFrame: true }, 88).kind, "committed");
  t.is(writer.sequence, 11);
});

test("after a doubt, an unchanged journal means sending the same frame again", (t) => {
  const { writer, frame } = writing(cancel("a"));
  writer.doubt(frame);
  t.deepEqual(writer.inspected(frame, { lastSequence: 10, isOwnFrame: false }, 88), { kind: "resend", frame });
  t.is(writer.next(), undefined);
});

test("after a doubt, a frame of another means stepping down", (t) => {
  const { writer, frame } = writing(cancel("a"));
  writer.doubt(frame);
  t.deepEqual(writer.inspected(frame, { lastSequence: 11, isOwnFrame: false }, 88), { kind: "stopped", why: "fenced" });
  writer.add(cancel("b"), {});
  t.is(writer.next(), undefined);
});

test("a journal that is shorter than what was written is lost, and not written anew", (t) => {
  const { writer, frame } = writing(cancel("a"));
  writer.doubt(frame);
  t.deepEqual(writer.inspected(frame, { lastSequence: 9, isOwnFrame: false }, 88), {
    kind: "stopped",
    why: "journal-lost",
  });
  t.is(writer.next(), undefined);
});

test("without room, submissions are given up and the rest is kept", (t) => {
  const { writer, frame } = writing(submit("a"), cancel("b"));
  writer.add(submit("c"), {});
  writer.add(cancel("d"), {});
  const jobs = (entries: readonly { readonly event: JournalEvent }[]): string[] =>
    entries.map(({ event }) => ("job" in event ? event.job : ""));
  t.deepEqual(jobs(writer.giveUpOptional(frame)), ["a", "c"]);
  t.deepEqual(jobs(writer.next()?.entries ?? []), ["b", "d"]);
});
