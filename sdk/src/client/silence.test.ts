import test from "ava";
import { Silence } from "./silence.ts";

test("silence adds up until somebody answers", (t) => {
  const silence = new Silence(0);
  t.is(silence.measure(400, 500), 400);
  t.is(silence.measure(800, 500), 800);
  silence.because("the owner is changing");
  t.is(silence.why, "the owner is changing");
  silence.end();
  t.is(silence.why, "nobody answers");
  t.is(silence.measure(1_000, 500), 200);
});

test("time in which this process was frozen says nothing about others", (t) => {
  const silence = new Silence(0);
  t.is(silence.measure(3_600_000, 500), 500);
});
