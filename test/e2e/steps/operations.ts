import { setTimeout as delay } from "node:timers/promises";
import { eventually } from "../../support/eventually.ts";
import { install, nextImages, SYSTEM } from "../support/installation.ts";
import { at, listAt } from "../support/helm.ts";
import { applyModules, applyReady, remove, said, TEAM, workPipeline, type Step, type World } from "../support/world.ts";

const JOBS = Array.from({ length: 200 }, (_, index) => index);

/** Of a job, before and after its pipeline was changed. */
const WAYS = {
  former: "work-first v1 20 ms,work-old v1 5 ms,work-last v1 5 ms",
  next: "work-first v2 30 ms,work-new v2 1 ms,work-last v2 5 ms",
};

export function describeOperations(step: Step, world: () => World): void {
  step("code that changes with jobs in flight runs for the jobs that come after, and loses none", async (t) => {
    await using client = await world().door.client(TEAM, "steady");
    const isChanged = new AbortController();
    const running = untilAborted(isChanged.signal, async () => client.runMany(JOBS, { concurrency: 40 }));
    await delay(1_000);
    await applyModules(world(), 2);
    await eventually(
      "a job is run by the new code",
      async () => said([await client.outcome(0)], "version")[0] === 2,
      120_000,
    );
    isChanged.abort();
    for (const outcomes of await running) {
      t.deepEqual(said(outcomes, "input"), JOBS);
      const versions = said(outcomes, "version").map(Number);
      t.deepEqual(versions, versions.toSorted(), "in the order in which they were submitted");
    }
    t.is(said([await client.outcome(0)], "version")[0], 2);
  });

  step(
    "groups, modules and parameters that change with jobs in flight are those of the jobs that come after, and none is lost",
    async (t) => {
      const rest = { name: "last", ms: 5 };
      await applyModules(world(), 1, "growing-1");
      await applyModules(world(), 2, "growing-2");
      const former = workPipeline("growing", [{ name: "first", ms: 20 }, { name: "old", ms: 5 }, rest], "growing-1");
      const next = workPipeline("growing", [{ name: "first", ms: 30 }, { name: "new", ms: 1 }, rest], "growing-2");
      await applyReady(world(), "growing", former);
      await using client = await world().door.client(TEAM, "growing");
      const isChanged = new AbortController();
      const running = untilAborted(isChanged.signal, async () => client.runMany(JOBS, { concurrency: 40 }));
      await delay(1_000);
      await world().cluster.apply(TEAM, next);
      const wayOf = async (): Promise<string> => String(said([await client.outcome(0)], "way")[0]);
      await eventually("a job takes the new way", async () => (await wayOf()) === WAYS.next, 120_000);
      isChanged.abort();
      const rounds = await running;
      for (const outcomes of rounds) t.deepEqual(said(outcomes, "input"), JOBS);
      const ways = rounds.flatMap((outcomes) => said(outcomes, "way").map(String));
      t.deepEqual(new Set(ways), new Set([WAYS.former, WAYS.next]), "never a piece of both");
      t.is(ways.lastIndexOf(WAYS.former) + 1, ways.indexOf(WAYS.next), "in the order in which they were submitted");
      t.log(`${ways.length} jobs, ${ways.filter((way) => way === WAYS.former).length} of them by the former way`);
      await eventually(
        "the group that is named no more is gone",
        async () => !(await world().cluster.kubectl(["get", "groups", "--namespace", TEAM])).includes("growing-old"),
        120_000,
      );
      await remove(world(), "growing");
    },
  );

  step("an upgrade with jobs in flight loses none", async (t) => {
    const { cluster } = world();
    await using client = await world().door.client(TEAM, "steady");
    const upgraded = new AbortController();
    const running = untilAborted(upgraded.signal, async () => client.runMany(JOBS, { concurrency: 40 }));
    await delay(1_000);
    const images = await nextImages(cluster);
    const marks = ["operator", "coordinator"].map((component) => `${component}.podAnnotations.rolled=again`);
    await install(cluster, images?.sets ?? marks);
    // Pods of groups have the runtime's image, so they are replaced as well, under the jobs.
    if (images !== undefined)
      await eventually(
        "all pods are of the new tag",
        async () => isAllOf(images.tag, await imagesOf(world())),
        180_000,
      );
    upgraded.abort();
    const rounds = await running;
    t.true(rounds.length >= 1);
    for (const outcomes of rounds) t.deepEqual(said(outcomes, "input"), JOBS);
    t.log(
      `${rounds.length * JOBS.length} jobs during the upgrade${images === undefined ? ", of annotations alone" : ""}`,
    );
  });
}

/** Of all pods of Troupe's that are there, on their way out or not, but NATS's. */
async function imagesOf({ cluster }: World): Promise<readonly string[]> {
  const [system, groups] = await Promise.all([
    cluster.json([
      "get",
      "pods",
      "--namespace",
      SYSTEM,
      "--selector",
      "app.kubernetes.io/component in (operator,coordinator)",
    ]),
    cluster.json(["get", "pods", "--namespace", TEAM, "--selector", "troupe.dev/pipeline=steady"]),
  ]);
  return [system, groups]
    .flatMap((list) => listAt(list, "items"))
    .map((pod) => String(at(pod, "spec.containers.0.image")));
}

function isAllOf(tag: string, images: readonly string[]): boolean {
  return images.length > 0 && images.every((image) => image.endsWith(`:${tag}`));
}

/** The same again and again; what was begun is ended. */
async function untilAborted<T>(signal: AbortSignal, round: () => Promise<T>): Promise<readonly T[]> {
  const rounds: T[] = [];
  while (!signal.aborted) rounds.push(await round());
  return rounds;
}
