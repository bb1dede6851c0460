/** Modules that cannot be loaded, set up or torn down. */
import { Pipeline, type LogLine, type RunningPipeline } from "@troupe/sdk";
import test from "ava";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "../../support/eventually.ts";
import { MODULES, withPipeline } from "./bad-system.ts";

const BROKEN = join(import.meta.dirname, "broken");

test.serial("a module file that throws on import is refused at the start, with file, error and line", async (t) => {
  const pipeline = new Pipeline("broken", { modules: BROKEN }).addModule("A", "half", { expose: true });
  const error = await t.throwsAsync(pipeline.start(), {
    name: "StartError",
    message: /broken\/import\.ts: Error: no licence/,
  });
  t.regex(error.message, /broken\/import\.ts:5:7\b/);
});

test.serial(
  "a module that cannot be set up: its jobs wait, their time limit says why, and it is tried again",
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "troupe-test-"));
    const needs = join(folder, "weights");
    const pipeline = new Pipeline<string>("needy", { modules: MODULES, jobs: { queueTimeoutSeconds: 1 } }).addModule(
      "A",
      "needy",
      { group: "g1", parameters: { needs }, expose: true },
    );
    let isBroken = false;
    const onLog = ({ message }: LogLine): void => {
      isBroken ||= message.includes("bootstrap failed");
    };
    const work = async (running: RunningPipeline): Promise<void> => {
      await eventually("it was tried", () => isBroken);
      const outcome = await running.outcome(null);
      t.like(outcome, { state: "failed", error: { code: "QueueTimeout", group: "g1" } });
      t.regex(
        outcome.state === "failed" ? outcome.error.message : "",
        /Module "A" \(type needy\): bootstrap failed: no weights/,
      );
      await writeFile(needs, "");
      t.deepEqual(await served(async () => running.run(null)), { A: "served" });
    };
    await withPipeline(t, pipeline, work, { onLog });
    await rm(folder, { recursive: true });
  },
);

for (const type of ["clinging", "stuck", "sore"]) {
  test.serial(`closing returns although a module's teardown fails it: ${type}`, async (t) => {
    const pipeline = new Pipeline<string>("teardown", { modules: MODULES })
      .addModule("A", type, { group: "g1", expose: true })
      .addModule("B", "pass", { group: "g2", dependsOn: "A" });
    await withPipeline(t, pipeline, async (running) => {
      t.deepEqual(await running.run({ do: "well" }), { A: "served" });
    });
  });
}

/** The replica is tried again with growing pauses: jobs run into their limit until it is there. */
async function served(run: () => Promise<unknown>): Promise<unknown> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await run();
    } catch (error) {
      if (attempt === 20) throw error;
    }
  }
}
