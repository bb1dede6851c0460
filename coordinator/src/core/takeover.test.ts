import test from "ava";
import { Table, beatOf, doneOf, failOf, graphFrom, speaker } from "../../sim/owner-fixture.ts";

const graph = graphFrom(["a@g1", "b@g2<a"], { backoff: { initialSeconds: 0.1, maxSeconds: 0.1 } });
const onceOnly = graphFrom(["a@g1", "b@g2<a"], { maxAttempts: 1 });
const g1 = speaker("g1", "g1-0");

function running(of = graph): { table: Table; lease: string } {
  const table = new Table(of);
  table.hear(g1, beatOf(of, "g1"));
  table.submit("j");
  table.commit();
  const [run] = table.runs();
  return { table, lease: run?.lease ?? "" };
}

test("an execution of the former owner goes on under the new one", (t) => {
  const { table, lease } = running();
  table.takeOver();
  table.hear(g1, beatOf(graph, "g1", [{ job: "j", lease }]));
  table.pass(3_000, { from: g1, beat: beatOf(graph, "g1", [{ job: "j", lease }]) });
  t.deepEqual(table.runs(), []);
  table.hear(g1, doneOf({ job: "j", lease }, 0, true));
  table.commit();
  t.is(table.job("j")?.blocks[0]?.state, "done");
  t.is(table.owner.executions.size, 0);
});

test("what nobody claims within the grace is dispatched again, under a journalled lease", (t) => {
  const { table, lease } = running();
  table.takeOver();
  table.hear(g1, beatOf(graph, "g1"));
  table.pass(500);
  t.deepEqual(table.runs(), []);
  table.pass(1_000);
  t.deepEqual(table.runs(), []);
  t.deepEqual(
    table.pending.map(({ event }) => event.type),
    ["lease"],
  );
  table.commit();
  const [again] = table.runs();
  t.is(again?.job, "j");
  t.is(again?.attempt, 1);
  t.not(again?.lease, lease);
});

test("E7: what becomes ready within the grace starts after what a former owner may have dispatched", (t) => {
  const { table } = running();
  table.takeOver();
  table.hear(g1, beatOf(graph, "g1"));
  table.submit("k");
  table.pass(500);
  t.deepEqual(table.runs(), [], "j may be on its way");
  table.pass(1_000);
  table.commit();
  t.deepEqual(
    table.runs().map(({ job }) => job),
    ["j"],
  );
});

test("E7: what is dispatched behind a redispatch is not sent before it", (t) => {
  const { table } = running();
  table.takeOver();
  table.hear(g1, beatOf(graph, "g1", [], 2));
  table.submit("k");
  table.commit();
  table.pass(1_500);
  t.deepEqual(table.runs(), [], "the journal has neither lease");
  table.commit();
  t.deepEqual(
    table.runs().map(({ job }) => job),
    ["j", "k"],
  );
});

test("E7: a group goes on at once when all that a former owner may have dispatched is claimed", (t) => {
  const { table, lease } = running();
  table.takeOver();
  table.submit("k");
  table.hear(g1, doneOf({ job: "j", lease }, 0, true), beatOf(graph, "g1", []));
  table.commit();
  table.pass(20);
  t.deepEqual(
    table.runs().map(({ job }) => job),
    ["k"],
  );
});

test("a failure that is heard before the beat that still lists its execution does not lose the block", (t) => {
  const { table, lease } = running();
  table.takeOver();
  table.hear(g1, failOf({ job: "j", lease }), beatOf(graph, "g1", [{ job: "j", lease }]));
  table.commit();
  t.is(table.owner.executions.size, 0);
  table.pass(500);
  table.commit();
  t.is(table.runs()[0]?.attempt, 2);
});

/** A new owner, and a block that must not run twice: its predecessor has leased it, and no beat lists it. */
function unlisted(): { table: Table; lease: string; recalls: () => number; end: () => string | undefined } {
  const { table, lease } = running(onceOnly);
  table.takeOver();
  const recalls = (): number =>
    table.said().filter(({ message }) => message.type === "recall" && message.lease === lease).length;
  const end = (): string | undefined => {
    table.commit();
    const ended = table.job("j")?.end;
    return ended?.state === "failed" ? ended.error.code : ended?.state;
  };
  return { table, lease, recalls, end };
}

test("E2, E5: what must not run twice is sent again after a takeover when its replica says that it never came", (t) => {
  const { table, lease, recalls, end } = unlisted();
  table.hear(g1, beatOf(onceOnly, "g1"));
  table.pass(1_100);
  t.is(recalls(), 1, "it is asked, once the grace is over");
  t.is(end(), undefined);
  t.deepEqual(table.runs(), [], "and nothing is sent before it answers");
  table.hear(g1, { type: "back", job: "j", lease, started: false });
  t.deepEqual(
    table.pending.map(({ event }) => event.type),
    ["lease"],
  );
  table.commit();
  const [again] = table.runs();
  t.is(again?.attempt, 1, "uncharged");
  t.not(again?.lease, lease);
});

test("E2: what must not run twice fails after a takeover when its replica cannot say that it never came", (t) => {
  const { table, lease, end } = unlisted();
  table.hear(g1, beatOf(onceOnly, "g1"));
  table.pass(1_100);
  table.hear(g1, { type: "back", job: "j", lease, started: true });
  t.is(end(), "ReplicaLost");
  t.deepEqual(table.runs(), []);
});

test("E2: what must not run twice fails after a takeover when another process has its replica's name", (t) => {
  const { table, end } = unlisted();
  table.hear(speaker("g1", "g1-0", "2"), beatOf(onceOnly, "g1"));
  table.pass(1_100);
  t.is(end(), "ReplicaLost");
  t.deepEqual(table.runs(), []);
});

test("E5: the replica of what must not run twice has a lease's time to announce itself to a new owner", (t) => {
  const { table, recalls, end } = unlisted();
  table.pass(2_500);
  t.is(end(), undefined, "it may only be slow");
  table.hear(g1, beatOf(onceOnly, "g1"));
  table.pass(100);
  t.is(recalls(), 1);
});

test("E2: what must not run twice fails after a takeover when its replica is never heard again", (t) => {
  const { table, end } = unlisted();
  table.pass(3_200);
  t.is(end(), "ReplicaLost");
  t.deepEqual(table.runs(), []);
});

test("E5: an execution of what must not run twice that is listed late goes on", (t) => {
  const { table, lease, end } = unlisted();
  table.pass(2_000);
  table.hear(g1, beatOf(onceOnly, "g1", [{ job: "j", lease }]));
  table.hear(g1, doneOf({ job: "j", lease }, 0, true));
  t.is(end(), undefined);
  t.is(table.job("j")?.blocks[0]?.state, "done");
});

/** A block that must not run twice, whose replica does not list it: what is asked of the replica. */
function missed(): { table: Table; lease: string; recalls: () => number } {
  const { table, lease } = running(onceOnly);
  table.pass(4_000, { from: g1, beat: beatOf(onceOnly, "g1") });
  table.commit();
  const recalls = (): number =>
    table.said().filter(({ message }) => message.type === "recall" && message.lease === lease).length;
  return { table, lease, recalls };
}

test("what must not run twice is sent again when its replica says that it never came, and never will run", (t) => {
  const { table, lease, recalls } = missed();
  t.true(recalls() > 0);
  table.hear(g1, { type: "back", job: "j", lease, started: false });
  t.deepEqual(
    table.pending.map(({ event }) => event.type),
    ["lease"],
    "under a lease that is journalled first",
  );
  table.commit();
  const [again] = table.runs();
  t.is(again?.attempt, 1, "uncharged");
  t.not(again?.lease, lease);
});

test("what must not run twice fails when its replica cannot say that it never came", (t) => {
  const { table, lease } = missed();
  table.hear(g1, { type: "back", job: "j", lease, started: true });
  table.commit();
  const end = table.job("j")?.end;
  t.is(end?.state === "failed" ? end.error.code : undefined, "ReplicaLost");
});

test("what must not run twice is not believed lost on the word of another process", (t) => {
  const { table, lease } = missed();
  table.hear(speaker("g1", "g1-0", "2"), { type: "back", job: "j", lease, started: false });
  table.commit();
  t.deepEqual(table.runs(), []);
});

test("what must not run twice fails in the end when its replica beats, but says nothing of it", (t) => {
  const { table, recalls } = missed();
  recalls();
  table.pass(10_000, { from: g1, beat: beatOf(onceOnly, "g1") });
  table.commit();
  t.true(recalls() < 20);
  const end = table.job("j")?.end;
  t.is(end?.state === "failed" ? end.error.code : undefined, "ReplicaLost");
  t.deepEqual(table.runs(), []);
});

test("a lost message is sent again, uncharged, when two beats do not list its execution", (t) => {
  const { table, lease } = running();
  table.pass(4_000, { from: g1, beat: beatOf(graph, "g1") });
  table.commit();
  const [again] = table.runs();
  t.is(again?.attempt, 1);
  t.not(again?.lease, lease);
});

test("a block leaves the queue when an execution that was given up ends it after all", (t) => {
  const { table, lease } = running();
  table.hear(g1, { ...beatOf(graph, "g1"), state: "draining" });
  for (let beats = 0; beats < 3; beats++) {
    table.now += 1_500;
    table.hear(g1, { ...beatOf(graph, "g1"), state: "draining" });
  }
  t.is(table.owner.executions.size, 0);
  table.hear(g1, doneOf({ job: "j", lease }, 0, true));
  table.commit();
  t.is(table.job("j")?.blocks[0]?.state, "done");
  table.hear(g1, beatOf(graph, "g1"));
  table.commit();
  t.deepEqual(table.runs(), []);
  t.is(table.owner.executions.size, 0);
});
