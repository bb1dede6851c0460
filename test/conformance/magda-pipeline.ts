/** MAGDA's parallel pipeline: what its article promises and its tests pin down, asked of a running system. */
import type { Pipeline } from "@troupe/sdk";
import test from "ava";
import { describeAggregates } from "./magda-aggregates.ts";
import { describeBuild } from "./magda-build.ts";
import { describeConfiguration } from "./magda-configuration.ts";
import { describeTimelines } from "./magda-timelines.ts";
import { pipelineOf } from "./pipelines.ts";
import type { MakeSystem, System } from "./system.ts";

/** Registers the cases with ava. `name` says where the systems run that `makeSystem` starts. */
export function describeSystem(name: string, makeSystem: MakeSystem): void {
  describeJobs(name, makeSystem);
  describeLifecycle(name, makeSystem);
  describeTimelines(name, makeSystem);
  describeAggregates(name, makeSystem);
  describeConfiguration(name, makeSystem);
  describeBuild(name, makeSystem);
}

/** A:g1, and B→C:g2, meet in g3, once with each order of the two. A is slow. */
function reference(): Pipeline<string> {
  return pipelineOf("reference", { sharedParameters: { folder: "/data", size: 512 } })
    .addModule("A", "label", { group: "g1", parameters: { units: 1 } })
    .addModule("B", "label", { group: "g2" })
    .addModule("C", "label", { group: "g2", dependsOn: "B", expose: "sea" })
    .addModule("D", "label", { group: "g3", dependsOn: ["A", "C"], expose: true })
    .addModule("AC", "parents", { group: "g3", dependsOn: ["A", "C"], expose: true })
    .addModule("CA", "parents", { group: "g3", dependsOn: ["C", "A"], expose: true })
    .addModule("facts", "facts", { group: "g3", dependsOn: ["D"], parameters: { own: [1] }, expose: true });
}

/** All on one running system. */
function describeJobs(name: string, makeSystem: MakeSystem): void {
  let starting: Promise<System> | undefined;
  const shared = async (): Promise<System> => (starting ??= makeSystem(reference()));
  test.after.always(`${name}: closes`, async () => (await starting)?.close());

  test.serial(`${name}: a request reaches the last module`, async (t) => {
    const { client } = await shared();
    t.is((await client.run("R1"))["D"], "D:R1");
  });

  test.serial(`${name}: concurrent jobs keep identity and order`, async (t) => {
    const { client } = await shared();
    const requests = Array.from({ length: 30 }, (_, index) => `R${index}`);
    const outcomes = await client.runMany(requests);
    t.deepEqual(
      outcomes.map((outcome) => (outcome.state === "done" ? [outcome.result["D"], outcome.result["sea"]] : outcome)),
      requests.map((request) => [`D:${request}`, `C:${request}`]),
    );
    t.deepEqual(await Promise.all(["x", "y"].map(async (input) => (await client.run(input))["D"])), ["D:x", "D:y"]);
  });

  test.serial(`${name}: results are exposed under the module's name, another, or not at all`, async (t) => {
    const { client } = await shared();
    t.deepEqual(Object.keys(await client.run("R1")).toSorted(), ["AC", "CA", "D", "facts", "sea"]);
  });

  test.serial(`${name}: parents' results come in declared order, whichever was ready first, and by name`, async (t) => {
    const { client } = await shared();
    const { AC, CA } = await client.run("R1");
    const byName = { A: "A:R1", C: "C:R1" };
    t.deepEqual(AC, { names: ["A", "C"], values: ["A:R1", "C:R1"], byName });
    t.deepEqual(CA, { names: ["C", "A"], values: ["C:R1", "A:R1"], byName });
  });

  test.serial(`${name}: a failed job says where and how, and touches no other`, async (t) => {
    const { client } = await shared();
    const [before, failed, after] = await client.runMany(["R1", "fail B", "R2"]);
    t.like(before, { state: "done", result: { D: "D:R1" } });
    t.like(failed, {
      state: "failed",
      error: { code: "ModuleError", message: "Whoops", module: "B", group: "g2", replica: "g2-0", attempt: 2 },
    });
    t.like(after, { state: "done", result: { D: "D:R2" } });
  });

  test.serial(`${name}: a replica survives its module's error`, async (t) => {
    const { client } = await shared();
    await t.throwsAsync(client.run("fail D"), { name: "JobFailedError", message: "Whoops" });
    t.is((await client.run("R1"))["D"], "D:R1");
  });

  test.serial(`${name}: a module sees its own parameters, the shared ones and the context`, async (t) => {
    const { client } = await shared();
    t.like((await client.run("R1"))["facts"], {
      pipeline: "reference",
      module: "facts",
      type: "facts",
      group: "g3",
      parameters: { own: [1] },
      sharedParameters: { folder: "/data", size: 512 },
      context: { unitMs: 30 },
      attempt: 1,
    });
  });
}

function describeLifecycle(name: string, makeSystem: MakeSystem): void {
  test.serial(`${name}: every replica is set up once and torn down once, and closing twice is fine`, async (t) => {
    const pipeline = pipelineOf("lifecycle")
      .addGroup({ name: "g1", replicas: 2 })
      .addModule("A", "lifecycle", { group: "g1", expose: true })
      .addModule("B", "lifecycle", { group: "g2", dependsOn: "A", expose: true });
    const system = await makeSystem(pipeline);
    const outcomes = await system.client.runMany([1, 2, 3, 4, 5, 6]);
    const seen = outcomes.flatMap((outcome) => (outcome.state === "done" ? Object.values(outcome.result) : []));
    t.is(seen.length, 12);
    t.deepEqual(new Set(seen.map((value) => JSON.stringify(value))).size, 3);
    t.true(seen.every((value) => (value as { bootstraps: number }).bootstraps === 1));
    await Promise.all([system.close(), system.close()]);
    await system.close();
    const said = (message: string): string[] =>
      system.lines.filter((line) => line.message === message).map(({ source }) => source);
    t.deepEqual(said("set up").toSorted(), ["g1-0", "g1-1", "g2-0"]);
    t.deepEqual(said("torn down").toSorted(), ["g1-0", "g1-1", "g2-0"]);
    await t.throwsAsync(system.client.run(1), { name: "ClientClosedError" });
  });

  test.serial(`${name}: modules of a group are torn down in the opposite order of their set-up`, async (t) => {
    const pipeline = pipelineOf("order")
      .addModule("A", "lifecycle")
      .addModule("B", "lifecycle", { dependsOn: "A" })
      .addModule("C", "lifecycle", { dependsOn: "B", expose: true });
    const system = await makeSystem(pipeline);
    await system.client.run(1);
    await system.close();
    t.deepEqual(
      system.lines.map(({ message, fields }) => `${message} ${String(fields["module"])}`),
      ["set up A", "set up B", "set up C", "torn down C", "torn down B", "torn down A"],
    );
  });
}
