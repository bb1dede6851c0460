import test from "ava";
import { FINALIZER } from "../pipeline/clean-up.ts";
import { finalizersWithoutOurs } from "./finalizers.ts";

test("the operator's finalizers go, those of others stay", (t) => {
  t.deepEqual(finalizersWithoutOurs([FINALIZER, "foregroundDeletion", "example.com/audit"]), [
    "foregroundDeletion",
    "example.com/audit",
  ]);
  t.deepEqual(finalizersWithoutOurs([FINALIZER]), []);
});

test("where there is none of ours nothing is written", (t) => {
  t.is(finalizersWithoutOurs(["example.com/audit"]), null);
  t.is(finalizersWithoutOurs([]), null);
  t.is(finalizersWithoutOurs(undefined), null);
});
