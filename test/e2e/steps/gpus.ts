import { setTimeout as delay } from "node:timers/promises";
import type { JobHandle } from "@troupe/sdk";
import { eventually } from "../../support/eventually.ts";
import { at, listAt } from "../support/helm.ts";
import {
  applyModules,
  applyReady,
  conditionOf,
  podNames,
  remove,
  said,
  TEAM,
  workPipeline,
  type Step,
  type World,
} from "../support/world.ts";

/** Of all nodes. */
async function gpusOf({ cluster }: World): Promise<number> {
  const nodes = listAt(await cluster.json(["get", "nodes"]), "items");
  const counts = nodes.map((node) =>
    Number(Object.entries(at(node, "status.allocatable") ?? {}).find(([name]) => name === "nvidia.com/gpu")?.[1] ?? 0),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

const AT_ONCE = 100;

/** Submits many jobs, has `change` happen while they are worked on, and submits one after another until `signal` is aborted. */
async function submitAll(
  signal: AbortSignal,
  submit: (input: number) => Promise<JobHandle>,
  change: () => Promise<void>,
): Promise<JobHandle[]> {
  const handles = await Promise.all(Array.from({ length: AT_ONCE }, async (_, index) => submit(index)));
  await change();
  while (!signal.aborted) {
    handles.push(await submit(handles.length));
    await delay(100);
  }
  return handles;
}

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

  step(
    "code that changes while every GPU is taken is rolled out: no job is lost, and each runs by the code of its revision",
    async (t) => {
      t.timeout(600_000);
      const { cluster } = world();
      const replicas = await gpusOf(world());
      if (replicas === 0) {
        t.log("skipped: no node of this cluster has nvidia.com/gpu");
        t.pass();
        return;
      }
      await applyModules(world(), 1, "gpu-modules");
      const groups = [{ name: "g", ms: 100, replicas, resources: "{ gpu: 1 }" }];
      await applyReady(world(), "full", workPipeline("full", groups, "gpu-modules"));
      const pods = async (): Promise<string[]> => podNames(world(), "troupe.dev/pipeline=full");
      await eventually("every GPU is taken", async () => (await pods()).length === replicas);
      const before = await pods();
      await using client = await world().door.client(TEAM, "full");
      const isRolledOut = new AbortController();
      const submitting = submitAll(
        isRolledOut.signal,
        async (input) => client.submit(input),
        async () => applyModules(world(), 2, "gpu-modules"),
      );
      await eventually(
        "all pods are others, and as many",
        async () => {
          const now = await pods();
          return now.length === replicas && now.every((pod) => !before.includes(pod));
        },
        300_000,
      );
      isRolledOut.abort();
      const handles = await submitting;
      const outcomes = await Promise.all(handles.map(async (handle) => handle.outcome()));
      t.deepEqual(
        said(outcomes, "input"),
        handles.map((_, index) => index),
      );
      t.deepEqual(new Set(said(outcomes, "attempt")), new Set([1]));
      const versions = said(outcomes, "version").map(Number);
      // An outcome may overtake the reply that names the revision.
      const told = handles.map(({ revision }, index) => ({ revision, version: versions[index] }));
      const byRevision = new Map(
        told.filter(({ revision }) => revision !== null).map((job) => [job.revision, job.version]),
      );
      t.deepEqual([...byRevision.values()], [1, 2], "two revisions, the old code's first");
      for (const { revision, version } of told) t.is(version, byRevision.get(revision) ?? version);
      t.deepEqual(versions, versions.toSorted(), "in the order in which they were submitted");
      const events = await cluster.kubectl([
        "get",
        "events",
        "--namespace",
        TEAM,
        "--field-selector",
        "reason=FailedScheduling",
      ]);
      t.regex(events, /pod\/full-g-\S+ +.*Insufficient nvidia\.com\/gpu/, "there was no GPU for a pod of the new code");
      t.log(`${handles.length} jobs, ${versions.filter((version) => version === 1).length} of them by the old code`);
      await remove(world(), "full");
    },
  );

  step("a fraction that is no slice is refused, with what would do", async (t) => {
    const { cluster } = world();
    await cluster.apply(TEAM, workPipeline("third", [{ name: "g", ms: 1, resources: '{ gpu: "0.3" }' }]));
    const message = async (): Promise<string> => (await conditionOf(world(), "pipeline/third", "Ready"))?.message ?? "";
    await eventually("the Pipeline says which fraction would do", async () => /"0\.5"/.test(await message()), 60_000);
    t.regex(await message(), /2 slices/);
    await remove(world(), "third");
  });
}
