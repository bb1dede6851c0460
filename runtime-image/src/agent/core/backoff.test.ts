import test from "ava";
import { backoffMs } from "./backoff.ts";

test("the pause doubles, up to half a minute", (t) => {
  t.deepEqual([1, 2, 3, 6, 7, 50].map(backoffMs), [500, 1_000, 2_000, 16_000, 30_000, 30_000]);
});
