/** What becomes of everything when the release goes, comes back, is older than it was, is upgraded, and loses its keys. */
import type { JobHandle } from "@troupe/sdk";
import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import { eventually } from "../../support/eventually.ts";
import { at, listAt } from "../support/helm.ts";
import { Door, install, nextImages, RELEASE, SYSTEM } from "../support/installation.ts";
import { olderChart } from "../support/older-chart.ts";
import { applyReady, podNames, said, TEAM, workPipeline, type Step, type World } from "../support/world.ts";

const WAITING = workPipeline("waiting", [
  { name: "first", ms: 1 },
  { name: "second", ms: 1 },
]);

const OPERATOR = "app.kubernetes.io/component=operator";

/** Jobs wait before the second group as long as it has no replica. */
async function scaleSecond({ cluster }: World, replicas: number): Promise<void> {
  await cluster.kubectl(["scale", "groups.troupe.dev/waiting-second", "-n", TEAM, `--replicas=${replicas}`]);
}

async function reopen(world: World): Promise<void> {
  await world.door[Symbol.asyncDispose]();
  world.door = await Door.open(world.cluster);
}

async function pipelinesOf({ cluster }: World): Promise<readonly unknown[]> {
  const list = await cluster.json(["get", "pipelines", "--all-namespaces"]);
  return listAt(list, "items").map((item) => ({
    name: at(item, "metadata.name"),
    uid: at(item, "metadata.uid"),
    spec: at(item, "spec"),
  }));
}

async function submitAll({ door }: World, pipeline: string, inputs: readonly unknown[]): Promise<readonly string[]> {
  await using client = await door.client(TEAM, pipeline);
  const handles: readonly JobHandle[] = await Promise.all(inputs.map(async (input) => client.submit(input)));
  return handles.map(({ id }) => id);
}

/** The outcomes of jobs that were submitted before. */
async function inputsOf({ door }: World, pipeline: string, ids: readonly string[]): Promise<readonly unknown[]> {
  await using client = await door.client(TEAM, pipeline);
  const outcomes = await Promise.all(ids.map(async (id) => client.job(id).outcome()));
  return said(outcomes, "input");
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

export function describeRelease(step: Step, world: () => World): void {
  const OPEN = [1, 2, 3, 4, 5];
  let open: readonly string[] = [];
  let ended: readonly string[] = [];
  let running: readonly string[] = [];
  let before: readonly unknown[] = [];

  step(
    "uninstalled with open jobs, it waits for no ended pod, leaves CRDs and Pipelines, and nothing is stuck",
    async (t) => {
      const { cluster, pages } = world();
      await applyReady(world(), "waiting", WAITING);
      await scaleSecond(world(), 0);
      const seconds = async (): Promise<readonly string[]> =>
        podNames(world(), "troupe.dev/group=second,troupe.dev/pipeline=waiting");
      await eventually("nobody is there who would end the jobs", async () => (await seconds()).length === 0);
      await applyReady(world(), "long", workPipeline("long", [{ name: "g", ms: 15_000 }]));
      ended = await submitAll(world(), "steady", OPEN);
      t.deepEqual(await inputsOf(world(), "steady", ended), OPEN);
      open = await submitAll(world(), "waiting", OPEN);
      running = await submitAll(world(), "long", ["long"]);
      before = await pipelinesOf(world());
      t.log(`${await endOperatorPod(world())} has failed, and is still there`);
      await pages.type("helm uninstall troupe --namespace troupe-system", { timeoutMs: 150_000 });
      t.deepEqual(await pipelinesOf(world()), before);
      t.regex(await cluster.kubectl(["get", "crds", "-o", "name"]), /pipelines\.troupe\.dev/);
      const deleting = "jsonpath={.items[*].metadata.deletionTimestamp}{.items[*].metadata.finalizers}";
      t.is(await cluster.kubectl(["get", "pipelines,groups", "--all-namespaces", "-o", deleting]), "");
      const kept = await cluster.kubectl(["get", "pvc,secrets", "--namespace", SYSTEM, "-o", "name"]);
      t.regex(kept, /persistentvolumeclaim\/data-troupe-nats-0/);
      t.regex(kept, /secret\/troupe-nats-keys/);
    },
  );

  step("installed again under its name, results are there and open jobs go on", async (t) => {
    t.timeout(600_000);
    const older = await olderChart();
    t.teardown(async () => rm(dirname(older), { recursive: true }));
    await install(world().cluster, (await nextImages(world().cluster))?.sets ?? [], older);
    await reopen(world());
    t.deepEqual(await inputsOf(world(), "steady", ended), OPEN, "results of jobs that had ended");
    await scaleSecond(world(), 1);
    t.deepEqual(await inputsOf(world(), "waiting", open), OPEN, "jobs that waited");
    t.deepEqual(await inputsOf(world(), "long", running), ["long"], "the job that ran");
    await using client = await world().door.client(TEAM, "steady");
    t.deepEqual(said(await client.runMany(OPEN), "input"), OPEN, "new jobs");
  });

  step(
    "an upgrade brings the CRDs: a field that they did not know is accepted and kept, and nothing else changes",
    async (t) => {
      const { cluster, pages } = world();
      const patch = JSON.stringify({ spec: { jobs: { keepResultsSeconds: 7200 } } });
      const apply = ["patch", "pipeline", "steady", "--namespace", TEAM, "--type=merge", "--patch", patch];
      const field = async (): Promise<unknown> =>
        at(await cluster.json(["get", "pipeline", "steady", "--namespace", TEAM]), "spec.jobs.keepResultsSeconds");
      await cluster.tryKubectl(apply);
      t.is(await field(), undefined, "the older CRD does not know it");
      const former = await pipelinesOf(world());
      const server = ["get", "pod", `${RELEASE}-nats-0`, "--namespace", SYSTEM, "-o", "jsonpath={.metadata.uid}"];
      const formerServer = await cluster.kubectl(server);
      await pages.type("helm upgrade troupe charts/troupe --namespace troupe-system --reuse-values");
      t.deepEqual(await pipelinesOf(world()), former);
      await eventually("the field is kept", async () => {
        await cluster.tryKubectl(apply);
        return (await field()) === 7200;
      });
      t.deepEqual(await inputsOf(world(), "waiting", open), OPEN, "what had ended before");
      await using client = await world().door.client(TEAM, "steady");
      t.deepEqual(said(await client.runMany(OPEN), "input"), OPEN);
      for (const each of ["operator", "coordinator"])
        await cluster.kubectl(["rollout", "status", `deployment/${RELEASE}-${each}`, "-n", SYSTEM, "--timeout=2m"], {
          timeoutMs: 130_000,
        });
      t.is(await cluster.kubectl(server), formerServer, "nats-server was left alone");
    },
  );

  step("the keys of NATS are lost: as the page says, others are made, journals are empty, and jobs run", async (t) => {
    t.timeout(600_000);
    const { cluster, pages } = world();
    await cluster.kubectl(["delete", "secret", `${RELEASE}-nats-keys`, "--namespace", SYSTEM]);
    const system = ["delete secret", "rollout restart deployment", "rollout status deployment"];
    const server = ["rollout restart statefulset", "rollout status statefulset"];
    const restarts = [...system, ...server].map((each) => `kubectl --namespace troupe-system ${each}`);
    await pages.type([...restarts, "kubectl delete pods --all-namespaces"], { timeoutMs: 300_000 });
    await using steady = await world().door.client(TEAM, "steady");
    t.deepEqual(said(await steady.runMany(OPEN), "input"), OPEN);
    await using client = await world().door.client(TEAM, "waiting");
    await t.throwsAsync(async () => client.job(open[0] ?? "").outcome(), undefined, "what was kept is out of reach");
  });

  step("purge: Pipelines go first, with all that belongs to them; the keys go too, and then the volume", async (t) => {
    const { cluster, pages } = world();
    const texts = [
      "helm upgrade troupe charts/troupe --namespace troupe-system --reuse-values --set purge=true",
      "helm uninstall troupe --namespace troupe-system",
    ];
    await pages.type(texts, { timeoutMs: 300_000 });
    t.is(await cluster.kubectl(["get", "pipelines,groups", "--all-namespaces", "-o", "name"]), "");
    t.notRegex(await cluster.kubectl(["get", "secrets", "--namespace", SYSTEM, "-o", "name"]), /nats-keys/);
    await pages.type(["kubectl delete crd", "kubectl --namespace troupe-system delete pvc"]);
    t.notRegex(await cluster.kubectl(["get", "crds", "-o", "name"]), /troupe\.dev/);
    t.is(await cluster.kubectl(["get", "pvc", "--namespace", SYSTEM, "-o", "name"]), "");
  });
}
