/** Actors, pools and chunked maps in a free-standing Group, called from outside of the cluster. */
import { configMapYaml } from "@troupe/model";
import { actor, ActorPool, actorInfo, chunk, kill, put, startActors, type Actors } from "@troupe/sdk";
import type { ExecutionContext } from "ava";
import { readFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { Counter, Predictor } from "../../conformance/actors/classes.ts";
import { add } from "../../conformance/modules/chunks.ts";
import { eventually } from "../../support/eventually.ts";
import { RELEASE, SYSTEM } from "../support/installation.ts";
import { ran } from "../support/run.ts";
import { podNames, TEAM, type Step, type World } from "../support/world.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
const GROUP = "workers";
const SELECTOR = `troupe.dev/group=${GROUP},!troupe.dev/pipeline`;
/** What the cases about actors export, and cannot travel as source. */
const CODE = [
  "test/conformance/actors/classes.ts",
  "test/conformance/actors/polling.ts",
  "test/conformance/actors/ray-tour.ts",
  "test/conformance/modules/chunks.ts",
  "examples/actors/digits.ts",
];
const CASES = ["ray-actors", "async-actors", "thread-chunks"].map((name) => `test/conformance/${name}.test.ts`);

const manifest = (replicas: number): string => `
apiVersion: troupe.dev/v1alpha1
kind: Group
metadata: { name: ${GROUP} }
spec:
  replicas: ${replicas}
  # What nothing is claimed for gets no processor while others want it, and is soon taken for lost.
  resources: { cpu: "0.3", memory: 1Gi }
  source: { configMap: ${GROUP}-code }
`;

async function codeYaml(): Promise<string> {
  const files = await Promise.all(
    CODE.map(async (path) => [basename(path), await readFile(resolve(ROOT, path), "utf8")]),
  );
  return configMapYaml({ name: `${GROUP}-code`, data: Object.fromEntries(files) as Record<string, string> });
}

/** What a program outside needs to be told. */
async function environment({ door }: World): Promise<Record<string, string>> {
  return {
    TROUPE_NATS_URL: door.url,
    TROUPE_NATS_CREDS: await door.credentials(SYSTEM, `${RELEASE}-nats-client`),
    TROUPE_NAMESPACE: TEAM,
    TROUPE_GROUP: GROUP,
  };
}

async function openGroup({ door }: World, group = GROUP): Promise<Actors> {
  const creds = await door.credentials(SYSTEM, `${RELEASE}-nats-client`);
  return startActors({ nats: door.url, creds, namespace: TEAM, group });
}

async function ready({ cluster }: World, group = GROUP): Promise<void> {
  try {
    await cluster.wait(TEAM, `group/${group}`, "condition=Ready");
  } catch (error) {
    const state = await cluster.kubectl(["get", "groups,pods,events", "--namespace", TEAM, "-o", "wide"]);
    throw new Error(`the group did not become ready:\n${state}`, { cause: error });
  }
}

async function replicaOf(handle: object): Promise<string> {
  return (await actorInfo(handle)).replica ?? "";
}

/** What the nursery of a pod says of shared objects. */
async function objectsIn({ cluster }: World, pod: string): Promise<{ fetched: number; bytes: number }> {
  const ask = 'fetch("http://127.0.0.1:7080/metrics").then(async (answer) => console.log(await answer.text()))';
  const text = await cluster.kubectl(["exec", pod, "--namespace", TEAM, "--", "node", "-e", ask]);
  const value = (name: string): number => Number(new RegExp(`^${name}\\{.*\\} (\\d+)$`, "m").exec(text)?.[1]);
  return { fetched: value("troupe_replica_objects_fetched_total"), bytes: value("troupe_replica_object_bytes") };
}

async function runs(t: ExecutionContext, world: World, command: readonly string[], timeoutMs: number): Promise<string> {
  const { code, stdout, stderr } = await ran(command, { env: await environment(world), timeoutMs });
  t.is(code, 0, `${stdout}\n${stderr}`);
  return stdout;
}

export function describeActors(step: Step, world: () => World): void {
  step("a Group without a pipeline is ready, and its actors are called from outside of the cluster", async (t) => {
    await world().cluster.apply(TEAM, `${await codeYaml()}---${manifest(2)}`);
    await ready(world());
    await using _group = await openGroup(world());
    const counters = await Promise.all([actor(Counter, [1]), actor(Counter, [2])]);
    t.deepEqual(await Promise.all(counters.map(async (counter) => counter.increment(10))), [11, 12]);
    const pods = await podNames(world(), SELECTOR);
    t.deepEqual((await Promise.all(counters.map(replicaOf))).toSorted(), pods.toSorted());
    const pool = new ActorPool(counters);
    const values: number[] = [];
    for await (const value of pool.map(async (counter) => counter.value(), [1, 2, 3, 4])) values.push(value);
    t.is(values.length, 4);
    t.deepEqual(
      await chunk(
        add,
        [
          [1, 4],
          [2, 5],
        ],
        { chunkSize: 2 },
      ),
      [5, 7],
    );
  });

  step(
    "100 MB that were put are brought to each pod once, for all its actors, and go when they are released",
    async (t) => {
      t.timeout(600_000);
      await ready(world());
      await using _group = await openGroup(world());
      const pods = await podNames(world(), SELECTOR);
      const before = await Promise.all(pods.map(async (pod) => objectsIn(world(), pod)));
      const model = new Float64Array(12_500_000).map((_, index) => index % 1_000);
      const begin = performance.now();
      const ref = await put(model);
      const putMs = performance.now() - begin;
      const predictors = await Promise.all(Array.from({ length: 6 }, async () => actor(Predictor, [ref])));
      const sums = await Promise.all(predictors.map(async (each) => each.sum()));
      t.deepEqual(new Set(sums), new Set([(12_500_000 / 1_000) * 499_500]));
      const homes = await Promise.all(predictors.map(replicaOf));
      for (const pod of pods) t.is(homes.filter((home) => home === pod).length, 3, "three actors live in each pod");
      const after = await Promise.all(pods.map(async (pod) => objectsIn(world(), pod)));
      const fetched = after.map((each, index) => each.fetched - (before[index]?.fetched ?? 0));
      t.deepEqual(fetched, [1, 1], "one download a pod");
      const readMs = performance.now() - begin - putMs;
      t.log(
        `put in ${(putMs / 1_000).toFixed(1)} s, read by six actors in two pods in ${(readMs / 1_000).toFixed(1)} s`,
      );
      t.deepEqual(
        after.map(({ bytes }) => bytes),
        [100_000_000, 100_000_000],
      );

      await Promise.all(predictors.map(async (each) => kill(each)));
      await eventually(
        "no file is left",
        async () =>
          (await Promise.all(pods.map(async (pod) => objectsIn(world(), pod)))).every(({ bytes }) => bytes === 0),
        60_000,
      );
    },
  );

  step("an image of one's own, without Node, gets what actors need from an init container", async (t) => {
    const { cluster } = world();
    const name = "own-image";
    const natsImage = "jsonpath={.spec.template.spec.containers[0].image}";
    const image = await cluster.kubectl(["get", "statefulset", `${RELEASE}-nats`, "-n", SYSTEM, "-o", natsImage]);
    await cluster.apply(
      TEAM,
      `
apiVersion: troupe.dev/v1alpha1
kind: Group
metadata: { name: ${name} }
spec:
  replicas: 1
  resources: { cpu: "0.3", memory: 512Mi }
  source: { image: "${image}" }
`,
    );
    await ready(world(), name);
    await using _group = await openGroup(world(), name);
    // Travels as source: there is no file of ours in that image.
    class Teller {
      double(value: number): number {
        return 2 * value;
      }

      program(): string {
        return process.execPath;
      }
    }
    const tellers = await Promise.all([actor(Teller), actor(Teller)]);
    t.deepEqual(await Promise.all(tellers.map(async (each) => each.double(21))), [42, 42]);
    t.regex(await tellers[0].program(), /^\/opt\/troupe\//);
    await cluster.kubectl(["delete", "group", name, "--namespace", TEAM, "--wait=false"]);
  });

  step("the command lists the actors of the cluster, and kubectl counts them", async (t) => {
    await using _group = await openGroup(world());
    const counter = await actor(Counter, [1], { name: "visits" });
    const listed = await runs(t, world(), [resolve(ROOT, "troupe"), "get", "actors"], 120_000);
    t.regex(listed, /^visits +Counter +alive/m);
    const { cluster } = world();
    await eventually(
      "it is counted",
      async () => {
        const count = await cluster.kubectl([
          "get",
          "group",
          GROUP,
          "--namespace",
          TEAM,
          "-o",
          "jsonpath={.status.running}",
        ]);
        return Number(count) >= 1;
      },
      60_000,
    );
    t.is(await counter.value(), 1);
  });

  step(
    "a pod that is killed ends its actors with the reason; those that may begin anew do so on another",
    async (t) => {
      const { cluster } = world();
      await using _group = await openGroup(world());
      const durable = await actor(Counter, [5], { maxRestarts: -1, maxTaskRetries: -1 });
      const from = await replicaOf(durable);
      let mortal = await actor(Counter);
      while ((await replicaOf(mortal)) !== from) mortal = await actor(Counter);
      const call = mortal.block(120_000);
      await eventually("it runs", async () => (await actorInfo(mortal)).facts?.running.length === 1);
      await cluster.kubectl([
        "delete",
        "pod",
        from,
        "--namespace",
        TEAM,
        "--grace-period=0",
        "--force",
        "--wait=false",
      ]);
      const error = await t.throwsAsync(call, { name: "ActorDiedError" });
      t.regex(error.message, new RegExp(`replica ${from}`));
      t.is(await durable.increment(), 6);
      t.not(await replicaOf(durable), from);
    },
  );

  step("kubectl scale to nothing refuses actors with the cure, and back", async (t) => {
    const { cluster } = world();
    const scale = async (replicas: number): Promise<string> =>
      cluster.kubectl(["scale", `groups.troupe.dev/${GROUP}`, "--namespace", TEAM, `--replicas=${replicas}`]);
    await ready(world());
    await using _group = await openGroup(world());
    await scale(0);
    await eventually("its pods are gone", async () => (await podNames(world(), SELECTOR)).length === 0, 120_000);
    await t.throwsAsync(actor(Counter), { code: "NoReplica", message: /kubectl scale/ });
    await scale(2);
    await ready(world());
    t.is(await (await actor(Counter, [1])).value(), 1);
  });

  for (const path of CASES) {
    step(`the same code as on the laptop: ${basename(path)}`, async (t) => {
      t.timeout(600_000);
      // One case after another: a node of the tests is small.
      const ava = ["sh", resolve(ROOT, "hack/with-node.sh"), "ava", "--serial", "--timeout=5m", path];
      t.log(await runs(t, world(), ava, 590_000));
    });
  }

  step("a Group goes with all that it had in NATS", async (t) => {
    const { cluster } = world();
    await cluster.kubectl(["delete", "group", GROUP, "--namespace", TEAM], { timeoutMs: 120_000 });
    await t.throwsAsync(openGroup(world()), { name: "NoRegistryError" });
  });
}
