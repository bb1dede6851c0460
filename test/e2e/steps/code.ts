/** Where the code of modules comes from: a ConfigMap that may hold what does not load, or any image of the user's own. */
import { configMapYaml } from "@troupe/model";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { eventually } from "../../support/eventually.ts";
import { at } from "../support/helm.ts";
import { output } from "../support/run.ts";
import {
  applyModules,
  applyReady,
  conditionOf,
  remove,
  said,
  TEAM,
  workPipeline,
  type Step,
  type World,
} from "../support/world.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
const FOREIGN = "localhost/troupe-e2e/foreign:1";

async function readyOf(world: World, resource: string): Promise<string> {
  const condition = await conditionOf(world, resource, "Ready");
  return condition === undefined ? "" : `${String(condition.reason)}: ${condition.message}`;
}

export function describeCode(step: Step, world: () => World): void {
  step("a module that fails to load is the cause that its Group and Pipeline give; mended, it runs", async (t) => {
    const { cluster } = world();
    const code = await readFile(resolve(ROOT, "test/e2e/fixtures/modules/work.ts"), "utf8");
    const broken = { "work.ts": `${code}\nthrow new Error("the file weights.bin is missing");\n` };
    await cluster.apply(TEAM, configMapYaml({ name: "broken-modules", data: broken }));
    await cluster.apply(TEAM, workPipeline("broken", [{ name: "g", ms: 1 }], "broken-modules"));
    const isSaid = (text: string): boolean => /weights\.bin is missing/.test(text);
    for (const resource of ["group/broken-g", "pipeline/broken"])
      await eventually(
        `${resource} says why`,
        async () => isSaid(await readyOf(world(), resource).catch(() => "it is not there yet")),
        120_000,
      );
    const group = await readyOf(world(), "group/broken-g");
    t.regex(group, /^ModuleNotLoaded: .*Replica broken-g-\S+ cannot start its modules/);
    t.log(group);
    const waiting = at(await cluster.json(["get", "group", "broken-g", "--namespace", TEAM]), "status.waiting.reason");
    t.is(waiting, "ModuleNotLoaded");
    await applyModules(world(), 1, "broken-modules");
    await cluster.wait(TEAM, "pipeline/broken", "condition=Ready");
    await using client = await world().door.client(TEAM, "broken");
    t.deepEqual(said([await client.outcome(7)], "input"), [7]);
    await remove(world(), "broken");
  });

  step("an image that knows nothing of Troupe gets agent and host, and works with what stands in it", async (t) => {
    const { cluster } = world();
    if (!cluster.canLoad) {
      t.log("skipped: images of this cluster come from a registry, and the test's own image is in none");
      t.pass();
      return;
    }
    const archive = resolve(ROOT, ".troupe/images/foreign.tar");
    const build = resolve(ROOT, "test/e2e/fixtures/foreign/build");
    const version = (await output([build, FOREIGN, archive], { timeoutMs: 300_000 })).trim();
    await cluster.load(archive);
    const yaml = `
apiVersion: troupe.dev/v1alpha1
kind: Pipeline
metadata: { name: foreign }
spec:
  source: { image: "${FOREIGN}" }
  modules:
    - { name: A, type: foreign, group: g, expose: result }
`;
    await applyReady(world(), "foreign", yaml);
    await using client = await world().door.client(TEAM, "foreign");
    const [outcome] = await client.runMany([21]);
    t.is(outcome?.state, "done");
    const result = outcome?.state === "done" ? outcome.result : {};
    t.deepEqual(at(result, "result.words"), ["the", "quick", "brown", "fox"]);
    t.deepEqual(at(result, "result.own"), { version, answer: 84 });
    t.log(`its own Node is ${version}, the one that was brought ${String(at(result, "result.brought"))}`);
    await remove(world(), "foreign");
  });
}
