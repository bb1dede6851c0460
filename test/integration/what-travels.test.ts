/** What travels between groups and to whoever asks, on real processes. */
import { Pipeline } from "@troupe/sdk";
import test from "ava";
import { join } from "node:path";
import { eventually } from "../support/eventually.ts";

const MODULES = join(import.meta.dirname, "fixtures/local/various.ts");
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

test.serial("the status of a job tells how far its modules say they are, and what it waits for", async (t) => {
  const pipeline = new Pipeline<string>("telling", { modules: MODULES })
    .addModule("work", "halfway", { group: "g1" })
    .addModule("after", "fill", { group: "g2", dependsOn: "work", expose: true });
  await using running = await pipeline.start();
  const job = await running.submit(1);
  await eventually("it is halfway", async () => (await job.status()).modules[0]?.progress !== null);
  t.like(await job.status(), {
    state: "running",
    modules: [
      { name: "work", state: "running", progress: { fraction: 0.5, message: "halfway there" } },
      { name: "after", state: "waiting", progress: null },
    ],
  });
  const second = await running.submit(2);
  t.is((await second.status()).waitingFor, "a replica of group g1");
  await Promise.all([job.cancel(), second.cancel()]);
});

test.serial(
  "results that together are too large for any message are told, recorded, and kept for a retry",
  async (t) => {
    const names = Array.from({ length: 40 }, (_, index) => `page-${index}`);
    const pipeline = new Pipeline<string>("exposing", { modules: MODULES, jobs: { maxAttempts: 1 } })
      .addModule("root", "fill", { group: "g1", parameters: { bytes: 1 } })
      .addModule("late", "fails-once", { group: "g2", dependsOn: names.at(-1) ?? "", expose: true });
    for (const name of names)
      pipeline.addModule(name, "fill", { group: "g1", dependsOn: "root", expose: true, parameters: { bytes: BYTES } });
    await using running = await pipeline.start();
    const failed = await running.submit(1);
    t.like(await failed.outcome(), { state: "failed", error: { module: "late", message: "the first time" } });
    await running.retry(failed.id);
    const result = await running.job(failed.id).result();
    t.is(result["late"], "at last");
    for (const name of names) t.is(String(result[name]).length, BYTES);
    t.deepEqual(await running.job(failed.id).result(), result, "from the record as well");
  },
);
