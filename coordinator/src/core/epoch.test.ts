import test from "ava";
import { nextEpoch } from "./epoch.ts";

test("owners of a journal are counted on, and those of a new journal come after all of an older one", (t) => {
  const begunAt = Date.parse("2026-11-27T12:00:00Z");
  const first = nextEpoch(0, begunAt);
  t.is(nextEpoch(first, begunAt + 3_600_000), first + 1);
  t.is(nextEpoch(7, begunAt), 8, "a journal from before is counted on as well");
  t.true(nextEpoch(0, begunAt + 10_000) > nextEpoch(first, begunAt + 9_000));
});
