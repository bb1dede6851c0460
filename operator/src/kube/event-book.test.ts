import test from "ava";
import { type ConfigMap } from "./builtin.ts";
import { EventBook, type EventFact } from "./event-book.ts";
import { type Stored } from "./object.ts";

const MINUTE_MS = 60_000;
const FACT: EventFact = { type: "Normal", reason: "Scaled", note: "to 3" };

function object(name: string): Stored<ConfigMap> {
  const metadata = { namespace: "n", name, uid: name, resourceVersion: "1", creationTimestamp: "" };
  return { apiVersion: "v1", kind: "ConfigMap", metadata };
}

function book(): EventBook {
  return new EventBook({ controller: "test.dev/test", instance: "test-0" });
}

/** Writes what is due. @returns `create 1`: what, and of how often it told */
function written(of: EventBook, nowMs: number, all = false): string[] {
  const writes: string[] = [];
  for (let write = of.next(nowMs, all); write !== undefined; write = of.next(nowMs, all)) {
    writes.push(`${write.kind} ${write.seen}`);
    of.wrote(write, nowMs);
  }
  return writes;
}

test("a fact is written at once, its repetitions every ten seconds at most, and the last of them at the end", (t) => {
  const events = book();
  const say = (nowMs: number) => events.record(object("a"), FACT, nowMs, `${nowMs}`);
  t.true(say(0));
  t.deepEqual(written(events, 0), ["create 1"]);
  for (let second = 1; second <= 9; second++) say(second * 1000);
  t.deepEqual(written(events, 9_999), []);
  t.deepEqual(written(events, 10_000), ["count 10"]);
  say(11_000);
  t.deepEqual(written(events, 12_000), []);
  t.deepEqual(written(events, 12_000, true), ["count 11"]);
  t.deepEqual(written(events, 60_000, true), []);
});

test("after six quiet minutes an equal fact is news again; another fact or object is so at once", (t) => {
  const events = book();
  events.record(object("a"), FACT, 0, "1");
  events.record(object("a"), FACT, 5 * MINUTE_MS, "2");
  events.record(object("a"), FACT, 11 * MINUTE_MS, "3");
  t.deepEqual(written(events, 11 * MINUTE_MS), ["create 1"]);
  events.record(object("a"), { ...FACT, note: "to 4" }, 11 * MINUTE_MS, "4");
  events.record(object("b"), FACT, 11 * MINUTE_MS, "5");
  t.deepEqual(written(events, 11 * MINUTE_MS), ["create 1", "create 1"]);
});

test("an object may have 25 at once, then one more every five minutes", (t) => {
  const events = book();
  const say = (note: number, nowMs: number) =>
    events.record(object("a"), { ...FACT, note: `${note}` }, nowMs, `${note}`);
  const taken = (from: number, nowMs: number) =>
    Array.from({ length: 40 }, (_, index) => say(from + index, nowMs)).filter(Boolean);
  t.is(taken(0, 0).length, 25);
  t.is(taken(100, 4 * MINUTE_MS).length, 0);
  t.is(taken(200, 10 * MINUTE_MS).length, 2);
});

test("it does not grow without end, and what was dropped is tried anew", (t) => {
  const events = book();
  for (let index = 0; index < 1_500; index++) events.record(object(`o${index}`), FACT, index, `${index}`);
  t.is(written(events, 2_000).length, 1_000);
  events.record(object("a"), FACT, 2_000, "a");
  const write = events.next(2_000);
  t.is(write?.kind, "create");
  if (write !== undefined) events.drop(write);
  t.deepEqual(written(events, 2_000), []);
  events.record(object("a"), FACT, 2_001, "b");
  t.deepEqual(written(events, 2_001), ["create 1"]);
});
