/** Free-standing Groups on a real API server: what becomes of them, what is said of them, and that nothing of them is left. */
import test from "ava";
import {
  connectBus,
  ensureStream,
  readGroupMark,
  streamsOf,
  streamState,
  subjectsOf,
  type Scope,
} from "@troupe/protocol";
import { isPlainObject } from "@troupe/model";
import { at } from "../../../operator/src/children/read.ts";
import { podDisruptionBudgets } from "../../../operator/src/kube/index.ts";
import { groups } from "../../../operator/src/resources.ts";
import { eventually } from "../../support/eventually.ts";
import { sayLoad } from "./scripted-load.ts";
import { sharedWorld } from "./shared-world.ts";
import { Place } from "./world.ts";

const world = sharedWorld();

const SELECTOR = "troupe.dev/group=workers";

function envOf(container: unknown): Record<string, unknown> {
  const env = at(container, "env");
  const pairs = (Array.isArray(env) ? env : []).flatMap((each): [string, unknown][] =>
    isPlainObject(each) && typeof each["name"] === "string" ? [[each["name"], each["value"]]] : [],
  );
  return Object.fromEntries(pairs);
}

test.serial(
  "a Group without a pipeline is a Deployment of nurseries, restricted, probed, with what its actors may claim",
  async (t) => {
    const place = await Place.in(world);
    const template = { spec: { nodeSelector: { disk: "fast" } } };
    const resources = { cpu: "500m", memory: "512Mi", gpu: 2 };
    await place.applyGroup("workers", { replicas: 2, resources, template });
    await place.readyPods(SELECTOR, 2);
    await place.until("group", "workers", "Accepted", "True Valid");
    await place.until("group", "workers", "Ready", "True ReplicasReady");
    const [deployment] = await place.deployments();
    const pod = at(deployment, "spec", "template", "spec");
    t.deepEqual(at(pod, "nodeSelector"), { disk: "fast" });
    t.is(at(pod, "securityContext", "runAsNonRoot"), true);
    t.is(at(pod, "automountServiceAccountToken"), false);
    const main = at(pod, "containers", 0);
    t.deepEqual(at(main, "command"), ["node", "/opt/troupe/nursery.js"]);
    t.deepEqual(at(main, "resources"), {
      limits: { memory: "512Mi", "nvidia.com/gpu": "2" },
      requests: { cpu: "500m", memory: "512Mi" },
    });
    t.is(at(main, "readinessProbe", "httpGet", "path"), "/readyz");
    t.is(at(main, "livenessProbe", "httpGet", "path"), "/livez");
    t.is(at(main, "securityContext", "readOnlyRootFilesystem"), true);
    const { TROUPE_GROUP, TROUPE_CPUS, TROUPE_GPUS, TROUPE_UID } = envOf(main);
    const uid = (await place.group("workers"))?.metadata.uid;
    t.deepEqual([TROUPE_GROUP, TROUPE_CPUS, TROUPE_GPUS, TROUPE_UID], ["workers", "0.5", "2", uid]);
    const budget = await world.client.get(podDisruptionBudgets, { namespace: place.namespace, name: "workers" });
    t.deepEqual(at(budget, "spec", "selector"), {
      matchExpressions: [{ key: "troupe.dev/pipeline", operator: "DoesNotExist" }],
      matchLabels: { "troupe.dev/group": "workers" },
    });
  },
);

test.serial("coordinators are told of it; kubectl scale scales it, and its load is its status", async (t) => {
  const place = await Place.in(world);
  const { metadata } = await place.applyGroup("workers", {});
  const scope: Scope = { namespace: place.namespace, pipeline: "workers", uid: metadata.uid };
  await using bus = await connectBus({ url: world.nats.url, name: "test" });
  const mark = async (): Promise<number | undefined> => (await readGroupMark(bus, scope))?.replicas;
  await eventually("one replica", async () => (await mark()) === 1);
  await world.plane.kubectl("scale", "groups.troupe.dev/workers", "-n", place.namespace, "--replicas=3");
  await eventually("three replicas", async () => (await mark()) === 3);
  await place.readyPods(SELECTOR, 3);
  await place.until("group", "workers", "Ready", "True ReplicasReady");
  using load = sayLoad(world, place, metadata.uid, "workers");
  load.say({ groups: [{ name: "workers", queued: 2, running: 5, ready: {}, pinned: {}, lastBusyAt: null }] });
  await eventually(
    "counters",
    async () => {
      const status = (await place.group("workers"))?.status;
      return status?.queued === 2 && status.running === 5;
    },
    60_000,
  );
  t.is((await place.group("workers"))?.status?.replicasReady, "3/3");
});

test.serial(
  "a new template rolls out and keeps nothing of the old one: actors begin anew by their own rules",
  async (t) => {
    const place = await Place.in(world);
    await place.applyModules("code", { "a.ts": "export const one = 1;" });
    await place.applyGroup("workers", { replicas: 2, source: { configMap: "code" } });
    const stop = place.keepPodsReady(SELECTOR);
    t.teardown(stop);
    await place.until("group", "workers", "Ready", "True ReplicasReady");
    const [old] = await place.deployments();
    await place.applyModules("code", { "a.ts": "export const one = 2;" });
    await eventually("the new one alone", async () => {
      const found = await place.deployments();
      return found.length === 1 && found[0]?.metadata.name !== old?.metadata.name;
    });
    await place.until("group", "workers", "Progressing", "False UpToDate");
    t.is((await place.deployments())[0]?.spec?.replicas, 2);
  },
);

test.serial("autoscaled, it has replicas while actors want them", async (t) => {
  const place = await Place.in(world);
  const { metadata } = await place.applyGroup("workers", { autoscale: { maxReplicas: 2, idleSeconds: 1 } });
  using load = sayLoad(world, place, metadata.uid, "workers");
  await place.until("group", "workers", "Ready", "True ScaledToZero");
  const say = (queued: number, running: number): void => {
    load.say({ groups: [{ name: "workers", queued, running, ready: {}, pinned: {}, lastBusyAt: null }] });
  };
  const desired = async (): Promise<number | undefined> => (await place.group("workers"))?.status?.desiredReplicas;
  say(1, 0);
  await eventually("one", async () => (await desired()) === 1);
  say(1, 1);
  await eventually("two", async () => (await desired()) === 2);
  say(0, 0);
  await eventually("none", async () => (await desired()) === 0);
  t.pass();
});

test.serial("deleting takes its streams, keys and children along", async (t) => {
  const place = await Place.in(world);
  const { metadata } = await place.applyGroup("workers", {});
  const scope: Scope = { namespace: place.namespace, pipeline: "workers", uid: metadata.uid };
  await using bus = await connectBus({ url: world.nats.url, name: "test" });
  await eventually("a mark", async () => (await readGroupMark(bus, scope)) !== null);
  const { journal } = streamsOf(scope);
  await ensureStream(bus, { name: journal, subjects: [subjectsOf(scope).journal], maxBytes: 1 << 20, discard: "new" });
  await eventually("a Deployment", async () => (await place.deployments()).length === 1);
  await world.client.delete(groups, { namespace: place.namespace, name: "workers" });
  await eventually("it is gone", async () => (await place.group("workers")) === undefined);
  t.is(await streamState(bus, journal), null);
  t.is(await readGroupMark(bus, scope), null);
  // Garbage collection learns of new kinds every 30 s.
  await eventually("its children are gone", async () => (await place.deployments()).length === 0, 120_000);
});
