import test from "ava";
import { finalizersWithoutOurs } from "./finalizers.ts";

test("the operator's finalizers go, those of others stay", (t) => {
  t.deepEqual(finalizersWithoutOurs(["troupe.dev/streams", "foregroundDeletion", "example.com/audit"]), [
    "foregroundDeletion",
    "example.com/audit",
  ]);
  t.deepEqual(finalizersWithoutOurs(["troupe.dev/streams"]), []);
});

test("where there is none of ours nothing is written", (t) => {
  t.is(finalizersWithoutOurs(["example.com/audit"]), null);
  t.is(finalizersWithoutOurs([]), null);
  t.is(finalizersWithoutOurs(undefined), null);
});
