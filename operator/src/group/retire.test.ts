import test from "ava";
import { controlRetiring } from "./retire.ts";

const seen = (current: string | null, control: { suspended: boolean; retired: readonly string[] } | null) => ({
  current: { value: current, sequence: 7 },
  control: { value: control, sequence: 8 },
});

test("a retired template joins those that are, and whether the pipeline is suspended stays", (t) => {
  const before = seen("r", { suspended: true, retired: ["a"] });
  t.deepEqual(controlRetiring(before, ["b", "a"]), { suspended: true, retired: ["a", "b"] });
  t.deepEqual(controlRetiring(seen("r", null), ["b"]), { suspended: false, retired: ["b"] });
});

test("nothing is said twice, or of a pipeline that is going", (t) => {
  t.is(controlRetiring(seen("r", { suspended: false, retired: ["a", "b"] }), ["b"]), null);
  t.is(controlRetiring(seen(null, null), ["b"]), null);
});
