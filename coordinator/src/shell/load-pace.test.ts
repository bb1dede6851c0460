import test from "ava";
import { LoadPace } from "./load-pace.ts";

/** Moments, in steps of 50 ms within 20 s, at which something is written. */
function written(moment: (now: number) => { shape: string; version: number }): number[] {
  const pace = new LoadPace();
  const steps = Array.from({ length: 400 }, (_, index) => index * 50);
  return steps.filter((now) => {
    const { shape, version } = moment(now);
    return pace.isOpen(now) && pace.take(shape, version, now);
  });
}

test("nothing new is repeated every five seconds", (t) => {
  t.deepEqual(
    written(() => ({ shape: "a", version: 1 })),
    [0, 5_000, 10_000, 15_000],
  );
});

test("counts that change are written every two seconds", (t) => {
  t.deepEqual(written((now) => ({ shape: "a", version: now })).slice(0, 4), [0, 2_000, 4_000, 6_000]);
});

test("a change of shape is written at once", (t) => {
  t.deepEqual(written((now) => ({ shape: now < 1_150 ? "a" : "b", version: 1 })).slice(0, 3), [0, 1_150, 6_150]);
});

test("however often the shape changes, four are written a second", (t) => {
  const all = written((now) => ({ shape: String(now), version: now }));
  t.is(all.length, 80);
});
