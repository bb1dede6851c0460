import { eventually } from "../../support/eventually.ts";
import { conditionOf, remove, TEAM, workPipeline, type Step, type World } from "../support/world.ts";

/** What cannot be placed is said in words, where one looks first. */
export function describeGpus(step: Step, world: () => World): void {
  step("a GPU too many is reported on the Group and on the Pipeline, in plain words", async (t) => {
    const { cluster } = world();
    await cluster.apply(TEAM, workPipeline("greedy", [{ name: "g", ms: 1, resources: "{ gpu: 3 }" }]));
    const said = async (resource: string): Promise<string> =>
      (await conditionOf(world(), resource, "Ready"))?.message ?? "";
    await eventually(
      "the Group says that GPUs are missing",
      async () => /nvidia\.com\/gpu/.test(await said("group/greedy.g").catch(() => said("group/greedy-g"))),
      60_000,
    );
    await eventually("the Pipeline says so too", async () => /nvidia\.com\/gpu/.test(await said("pipeline/greedy")));
    t.regex(await said("pipeline/greedy"), /g\b/);
    t.log(await said("pipeline/greedy"));
    await remove(world(), "greedy");
  });

  step("a fraction that is no slice is refused, with what would do", async (t) => {
    const { cluster } = world();
    await cluster.apply(TEAM, workPipeline("third", [{ name: "g", ms: 1, resources: '{ gpu: "0.3" }' }]));
    const message = async (): Promise<string> => (await conditionOf(world(), "pipeline/third", "Ready"))?.message ?? "";
    await eventually("the Pipeline says which fraction would do", async () => /"0\.5"/.test(await message()), 60_000);
    t.regex(await message(), /2 slices/);
    await remove(world(), "third");
  });
}
