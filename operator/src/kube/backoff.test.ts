import test from "ava";
import { backoffMs } from "./backoff.ts";

const LIMITS = { baseMs: 10, maxMs: 1000 };

test("it doubles up to its limit, and is spread over the upper half", (t) => {
  const most = [1, 2, 3, 7, 8, 9, 100, 5000].map((failures) => backoffMs(failures, LIMITS, 1));
  t.deepEqual(most, [10, 20, 40, 640, 1000, 1000, 1000, 1000]);
  const least = [1, 2, 3, 100].map((failures) => backoffMs(failures, LIMITS, 0));
  t.deepEqual(least, [5, 10, 20, 500]);
});
