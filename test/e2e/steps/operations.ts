import { setTimeout as delay } from "node:timers/promises";
import { eventually } from "../../support/eventually.ts";
import { Door, install, nextImages, RELEASE, SYSTEM } from "../support/installation.ts";
import { at, listAt } from "../support/helm.ts";
import {
  applyModules,
  applyReady,
  podNames,
  remove,
  said,
  TEAM,
  workPipeline,
  type Step,
  type World,
} from "../support/world.ts";

const OPERATOR = "app.kubernetes.io/component=operator";
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

  step("uninstalling waits for no ended pod, leaves CRDs and Pipelines, and nothing is stuck", async (t) => {
    const { cluster } = world();
    const pipelines = ["get", "pipelines", "--all-namespaces", "-o", "name"];
    const before = await cluster.kubectl(pipelines);
    t.log(`${await endOperatorPod(world())} has failed, and is still there`);
    await cluster.helm(["uninstall", RELEASE, "--namespace", SYSTEM, "--wait", "--timeout", "2m"], {
      timeoutMs: 150_000,
    });
    t.regex(before, /steady/);
    t.is(await cluster.kubectl(pipelines), before);
    const crds = await cluster.kubectl(["get", "crds", "-o", "name"]);
    t.regex(crds, /pipelines\.troupe\.dev/);
    const deleting = await cluster.kubectl([
      "get",
      "pipelines,groups",
      "--all-namespaces",
      "-o",
      "jsonpath={.items[*].metadata.deletionTimestamp}",
    ]);
    t.is(deleting, "");
    await cluster.kubectl(["delete", "pipeline", "steady", "--namespace", TEAM, "--timeout=30s"]);
    await eventually(
      "garbage collection takes what belonged to it",
      async () => {
        const left = await cluster.json([
          "get",
          "deployments,pods",
          "--namespace",
          TEAM,
          "--selector",
          "troupe.dev/pipeline=steady",
        ]);
        return listAt(left, "items").length === 0;
      },
      60_000,
    );
  });

  step("purge: Pipelines go first, with all that belongs to them; the keys go too", async (t) => {
    const { cluster } = world();
    await install(cluster, ["purge=true"]);
    await world().door[Symbol.asyncDispose]();
    world().door = await Door.open(cluster);
    await applyReady(world(), "steady", workPipeline("steady", [{ name: "first", ms: 1 }]));
    await using client = await world().door.client(TEAM, "steady");
    t.deepEqual(said(await client.runMany([1, 2, 3]), "input"), [1, 2, 3]);
    await cluster.helm(["uninstall", RELEASE, "--namespace", SYSTEM, "--wait", "--timeout", "3m"], {
      timeoutMs: 200_000,
    });
    t.is(await cluster.kubectl(["get", "pipelines,groups", "--all-namespaces", "-o", "name"]), "");
    t.notRegex(await cluster.kubectl(["get", "secrets", "--namespace", SYSTEM, "-o", "name"]), /nats-keys/);
  });
}

/** Has the kubelet end a pod of the operator for good, as it does with one that it evicts: it stays, failed, and another takes its place. */
async function endOperatorPod(world: World): Promise<string> {
  const { cluster } = world;
  const [name = ""] = await podNames(world, OPERATOR, SYSTEM);
  const where = ["pod", name, "--namespace", SYSTEM];
  await cluster.kubectl(["patch", ...where, "--patch", '{"spec":{"activeDeadlineSeconds":1}}']);
  const phase = async (): Promise<string> => cluster.kubectl(["get", ...where, "-o", "jsonpath={.status.phase}"]);
  await eventually("a pod of the operator has ended", async () => (await phase()) === "Failed", 120_000);
  return name;
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
