/** Aggregates and the two ways to run a pipeline. */
import test from "ava";
import { pipelineOf } from "./pipelines.ts";
import type { MakeSystem } from "./system.ts";
import { runsOf } from "./timeline.ts";

export function describeAggregates(name: string, makeSystem: MakeSystem): void {
  test.serial(`${name}: run, run, process, run, process gives two items, then one`, async (t) => {
    const pipeline = pipelineOf("aggregate")
      .addModule("R", "label", { group: "g1", expose: true })
      .addModule("AGG", "collect", { group: "g2", dependsOn: "R", expose: true })
      .addModule("AF", "count", { group: "g3", dependsOn: "AGG", expose: true });
    await using system = await makeSystem(pipeline);
    const { client } = system;
    t.deepEqual(await client.run("R1"), { R: "R:R1" }, "the aggregate and what follows it have no result yet");
    t.deepEqual(await client.run("R2"), { R: "R:R2" });
    t.deepEqual(await client.process(), { AGG: ["R:R1", "R:R2"], AF: [2] });
    t.deepEqual(await client.run("R3"), { R: "R:R3" });
    t.deepEqual(await client.process(), { AGG: ["R:R3"], AF: [1] });
    t.deepEqual(await client.process(), { AGG: [], AF: [0] }, "nothing has been collected since");
  });

  test.serial(`${name}: modules after the aggregate run in process alone, those before it in run alone`, async (t) => {
    const pipeline = pipelineOf("phases")
      .addModule("R", "label", { group: "g1" })
      .addModule("AGG", "collect", { group: "g2", dependsOn: "R" })
      .addModule("AF", "count", { group: "g2", dependsOn: "AGG", expose: true });
    await using system = await makeSystem(pipeline);
    const { client } = system;
    const ran = runsOf([await client.outcome("R1")]).map(({ module }) => module);
    t.deepEqual(ran.toSorted(), ["AGG", "R"]);
    await client.process({ id: "the-process" });
    const processed = (await client.job("the-process").timeline()).map(({ module }) => module);
    t.deepEqual(processed.toSorted(), ["AF", "AGG"]);
  });

  test.serial(`${name}: a group that mixes regular modules and an aggregate processes too`, async (t) => {
    const pipeline = pipelineOf("mixed")
      .addModule("R", "label", { group: "g1" })
      .addModule("M", "label", { group: "g2", dependsOn: "R", expose: true })
      .addModule("AGG", "collect", { group: "g2", dependsOn: ["M", "R"], expose: true })
      .addModule("AF", "count", { group: "g2", dependsOn: "AGG", expose: true });
    await using system = await makeSystem(pipeline);
    t.deepEqual(await system.client.run("R1"), { M: "M:R1" });
    t.deepEqual(await system.client.process(), { AGG: [{ M: "M:R1", R: "R:R1" }], AF: [1] });
  });

  test.serial(`${name}: an aggregate may feed another`, async (t) => {
    const pipeline = pipelineOf("two-aggregates")
      .addModule("R", "label", { group: "g1" })
      .addModule("AGG1", "collect", { group: "g2", dependsOn: "R", expose: true })
      .addModule("AGG2", "collect", { group: "g3", dependsOn: "AGG1", expose: true })
      .addModule("AF", "count", { group: "g4", dependsOn: ["AGG2"], expose: true });
    await using system = await makeSystem(pipeline);
    await system.client.runMany(["R1", "R2"], { concurrency: 1 });
    t.deepEqual(await system.client.process(), { AGG1: ["R:R1", "R:R2"], AGG2: ["R:R1", "R:R2"], AF: [2] });
    t.deepEqual(await system.client.process(), { AGG1: [], AGG2: [], AF: [0] });
  });

  test.serial(`${name}: collecting fails for one job, and what others brought is kept`, async (t) => {
    const pipeline = pipelineOf("picky")
      .addModule("R", "label", { group: "g1" })
      .addModule("AGG", "picky", { group: "g2", dependsOn: "R", expose: true });
    await using system = await makeSystem(pipeline);
    const outcomes = await system.client.runMany(["R1", "poison", "R2"], { concurrency: 1 });
    t.deepEqual(
      outcomes.map(({ state }) => state),
      ["done", "failed", "done"],
    );
    t.deepEqual(await system.client.process(), { AGG: ["R:R1", "R:R2"] });
  });

  test.serial(`${name}: process on a pipeline without an aggregate has nothing to do`, async (t) => {
    const pipeline = pipelineOf("no-aggregate").addModule("R", "label", { expose: true });
    await using system = await makeSystem(pipeline);
    t.deepEqual(await system.client.process(), {});
  });
}
