import test from "ava";
import { Patience } from "./patience.ts";

test("prompt answers, and none, leave the pause as short as it is", (t) => {
  const patience = new Patience();
  t.is(patience.resendMs, 2_000);
  for (let answer = 0; answer < 100; answer++) patience.answered(5);
  t.is(patience.resendMs, 2_000);
});

test("slow answers make it longer, up to ten seconds, and prompt ones short again", (t) => {
  const patience = new Patience();
  for (let answer = 0; answer < 100; answer++) patience.answered(1_500);
  t.is(Math.round(patience.resendMs), 6_000);
  for (let answer = 0; answer < 100; answer++) patience.answered(60_000);
  t.is(patience.resendMs, 10_000);
  for (let answer = 0; answer < 100; answer++) patience.answered(5);
  t.is(patience.resendMs, 2_000);
});

test("one late answer, as of an owner that was frozen, does not change much", (t) => {
  const patience = new Patience();
  for (let answer = 0; answer < 10; answer++) patience.answered(5);
  patience.answered(4_000);
  t.true(patience.resendMs < 3_500);
});
