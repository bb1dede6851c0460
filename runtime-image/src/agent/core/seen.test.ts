import test from "ava";
import { Seen } from "./seen.ts";

test("a lease is new once", (t) => {
  const seen = new Seen();
  t.deepEqual(
    ["1:1", "1:3", "1:2", "1:1", "1:2", "1:3"].map((lease) => seen.note(lease)),
    ["new", "new", "new", "seen", "seen", "seen"],
  );
});

test("of a former owner's lease nothing can be said", (t) => {
  const seen = new Seen();
  t.is(seen.note("1:1"), "new");
  t.is(seen.note("2:1"), "new");
  t.is(seen.note("1:2"), "unknown");
  t.is(seen.note("2:1"), "seen");
});

test("no more are remembered than were asked for, and of those before nothing is said", (t) => {
  const seen = new Seen(2);
  for (const lease of ["1:1", "1:2", "1:4"]) t.is(seen.note(lease), "new");
  t.is(seen.note("1:1"), "unknown");
  t.is(seen.note("1:3"), "new");
});
