import test from "ava";
import { rank } from "./preference.ts";

const pipelines = Array.from({ length: 3_000 }, (_, index) => `ns.pipeline-${index}.uid-${index}`);
const three = ["coordinator-0", "coordinator-1", "coordinator-2"];

function owned(coordinators: readonly string[]): Map<string, string[]> {
  return Map.groupBy(pipelines, (pipeline) => rank(pipeline, coordinators)[0]!);
}

test("three coordinators get about a third each", (t) => {
  for (const [name, owns] of owned(three)) t.true(owns.length > 850 && owns.length < 1_150, `${name}: ${owns.length}`);
});

test("the order of those who are known does not matter", (t) => {
  t.deepEqual(rank("p", three), rank("p", three.toReversed()));
  t.deepEqual(rank("p", [...three, "coordinator-0"]).toSorted(), three);
});

test("when one goes, only its pipelines move, and they are spread over those that stay", (t) => {
  const before = owned(three);
  const after = owned(three.slice(0, 2));
  for (const name of three.slice(0, 2))
    t.true(before.get(name)!.every((pipeline) => after.get(name)!.includes(pipeline)));
  const moved = before.get("coordinator-2")!;
  const toFirst = moved.filter((pipeline) => after.get("coordinator-0")!.includes(pipeline)).length;
  t.true(toFirst > moved.length * 0.4 && toFirst < moved.length * 0.6);
});
