/** What is too large for one message of NATS, on real processes (E10). */
import { Pipeline } from "@troupe/sdk";
import test from "ava";
import { join } from "node:path";

const MODULES = join(import.meta.dirname, "fixtures/local/large.ts");
/** As many as a module may depend on, each just below what is stored apart: half a megabyte in all. */
const SOURCES = Array.from({ length: 16 }, (_, index) => `part-${index}`);
const BYTES = 32_000;

function wide(name: string): Pipeline<string> {
  const pipeline = new Pipeline<string>(name, { modules: MODULES, jobs: { maxAttempts: 1 } });
  for (const source of SOURCES) pipeline.addModule(source, "fill", { group: "g1", parameters: { bytes: BYTES } });
  return pipeline.addModule("sizes", "sizes", { group: "g2", dependsOn: SOURCES, expose: true });
}

test.serial("results that are too many for one message reach the group that needs them", async (t) => {
  await using running = await wide("wide").start();
  const outcomes = await running.runMany([1, 2, 3]);
  for (const outcome of outcomes)
    t.like(outcome, { state: "done", result: { sizes: SOURCES.map((name) => [name, BYTES]) } });
});
