import test from "ava";
import { Table, beatOf, failOf, graphFrom, speaker } from "../../sim/owner-fixture.ts";
import { backoffMs } from "./backoff.ts";

const BACKOFF = { initialMs: 100, maxMs: 1_500 };

test("the pause doubles with every failed attempt, up to its cap", (t) => {
  t.deepEqual(
    [0, 1, 2, 3, 4, 5, 29, 30, 5_000].map((charged) => backoffMs(BACKOFF, charged, 0)),
    [100, 200, 400, 800, 1_500, 1_500, 1_500, 1_500, 1_500],
  );
  t.is(backoffMs({ initialMs: 5_000, maxMs: 1_000 }, 0, 0), 1_000, "the first one too is capped");
  t.true(Number.isFinite(backoffMs({ initialMs: 1, maxMs: Number.MAX_VALUE }, 100_000, 0)));
});

test("chance takes up to a fifth of the pause away, also of one that is capped", (t) => {
  for (const [charged, full] of [
    [0, 100],
    [2, 400],
    [9, 1_500],
  ] as const) {
    t.is(backoffMs(BACKOFF, charged, 0), full);
    t.is(backoffMs(BACKOFF, charged, 0.5), full * 0.9);
    t.is(backoffMs(BACKOFF, charged, 1), full * 0.8);
  }
});

test("a block that failed is dispatched when its pause is over, and not before; each pause is longer", (t) => {
  const graph = graphFrom(["a@g1"], { maxAttempts: 5, backoff: { initialSeconds: 1, maxSeconds: 3 } });
  const table = new Table(graph);
  const replica = speaker("g1", "g1-0");
  const beating = { from: replica, beat: beatOf(graph, "g1") };
  table.hear(replica, beating.beat);
  table.submit("j");
  for (const pauseMs of [1_000, 2_000, 3_000, 3_000]) {
    const [run, ...more] = table.runs();
    t.deepEqual(more, []);
    table.hear(replica, failOf(run!));
    table.commit();
    table.pass(pauseMs - 100, beating);
    table.commit();
    t.deepEqual(table.runs(), [], `${pauseMs} ms are not over`);
    table.pass(100, beating);
    table.commit();
  }
  const [run] = table.runs();
  table.hear(replica, failOf(run!));
  table.commit();
  const end = table.job("j")?.end;
  t.is(end?.state === "failed" ? end.error.code : undefined, "ModuleError");
});
