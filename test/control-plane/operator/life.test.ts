import test from "ava";
import {
  connectBus,
  ensureStream,
  readControl,
  readCurrentRevision,
  streamsOf,
  streamState,
  subjectsOf,
} from "@troupe/protocol";
import { pipelines } from "../../../operator/src/resources.ts";
import { eventually } from "../../support/eventually.ts";
import { sayLoad } from "./scripted-load.ts";
import { sharedWorld } from "./shared-world.ts";
import { Place } from "./world.ts";

const world = sharedWorld();

const ONE = { source: { image: "example.test/modules:1" }, modules: [{ name: "A", type: "example", group: "g" }] };

async function replicas(place: Place): Promise<Record<string, number>> {
  const found = await place.deployments();
  return Object.fromEntries(
    found.map(({ metadata, spec }) => [metadata.labels?.["troupe.dev/template"] ?? "", spec?.replicas ?? 0]),
  );
}

test.serial("a roll-out keeps an old replica for pinned jobs, and goes when they are done", async (t) => {
  const place = await Place.in(world);
  const { metadata } = await place.applyPipeline("p", { ...ONE, groups: [{ name: "g", replicas: 3 }] });
  using load = sayLoad(world, place, metadata.uid);
  const stop = place.keepPodsReady("troupe.dev/group=g");
  await place.until("pipeline", "p", "Ready", "True AllGroupsReady");
  const [old = ""] = Object.keys(await replicas(place));
  const pinned = (jobs: number): Parameters<typeof load.say>[0] => ({
    revisions: { rold: jobs },
    groups: [{ name: "g", queued: 0, running: 1, ready: {}, pinned: { [old]: jobs }, lastBusyAt: null }],
  });
  load.say(pinned(2));
  await place.applyPipeline("p", { ...ONE, groups: [{ name: "g", replicas: 3, concurrency: 2 }] });
  await eventually("old 1, new 3", async () => {
    const now = await replicas(place);
    t.true(Object.values(now).reduce((sum, count) => sum + count, 0) <= 4, "at most one more");
    return now[old] === 1 && Object.values(now).length === 2 && Object.values(now).includes(3);
  });
  await place.until("group", "p-g", "Progressing", "True DrainingRevision");
  t.deepEqual((await place.group("p-g"))?.status?.drainingTemplates, [{ templateHash: old, jobs: 2 }]);
  await place.until("pipeline", "p", "Progressing", "True DrainingRevision");
  load.say(pinned(0));
  await eventually("the new one alone", async () => (await replicas(place))[old] === undefined);
  await place.until("group", "p-g", "Progressing", "False UpToDate");
  stop();
});

test.serial("jobs that stay pinned for longer than drainTimeoutSeconds are given up", async (t) => {
  const place = await Place.in(world);
  const groups = (concurrency: number): object => ({ groups: [{ name: "g", concurrency, drainTimeoutSeconds: 1 }] });
  const { metadata } = await place.applyPipeline("p", { ...ONE, ...groups(1) });
  using load = sayLoad(world, place, metadata.uid);
  const stop = place.keepPodsReady("troupe.dev/group=g");
  await place.until("pipeline", "p", "Ready", "True AllGroupsReady");
  const [old = ""] = Object.keys(await replicas(place));
  load.say({
    groups: [{ name: "g", queued: 0, running: 1, ready: {}, pinned: { [old]: 1 }, lastBusyAt: null }],
  });
  await place.applyPipeline("p", { ...ONE, ...groups(2) });
  await using bus = await connectBus({ url: world.nats.url, name: "test" });
  const scope = { namespace: place.namespace, pipeline: "p", uid: metadata.uid };
  await eventually("it is retired", async () => (await readControl(bus, scope)).retired.includes(old));
  load.say({});
  await eventually("it is gone", async () => (await replicas(place))[old] === undefined);
  t.is(Object.keys(await replicas(place)).length, 1);
  stop();
});

test.serial("autoscale follows the queue, up and back to zero; what is not known scales nothing down", async (t) => {
  const place = await Place.in(world);
  const autoscale = { maxReplicas: 3, idleSeconds: 2 };
  const { metadata } = await place.applyPipeline("p", { ...ONE, groups: [{ name: "g", autoscale }] });
  using load = sayLoad(world, place, metadata.uid);
  await place.until("group", "p-g", "Ready", "True ScaledToZero");
  const busy = (queued: number, running: number): Parameters<typeof load.say>[0] => ({
    groups: [{ name: "g", queued, running, ready: {}, pinned: {}, lastBusyAt: null }],
  });
  load.say(busy(2, 0));
  await eventually("two", async () => (await place.group("p-g"))?.status?.desiredReplicas === 2);
  load.say(busy(9, 2));
  await eventually("three", async () => (await place.group("p-g"))?.status?.desiredReplicas === 3);
  load.say(busy(0, 0));
  await eventually("none", async () => (await place.group("p-g"))?.status?.desiredReplicas === 0);
  t.deepEqual(Object.values(await replicas(place)), [0]);
});

test.serial("deleting takes streams, keys and children along", async (t) => {
  const place = await Place.in(world);
  await place.applyModules("modules", { "a.ts": "one" });
  const { metadata } = await place.applyPipeline("p", { ...ONE, source: { configMap: "modules" } });
  const scope = { namespace: place.namespace, pipeline: "p", uid: metadata.uid };
  await using bus = await connectBus({ url: world.nats.url, name: "test" });
  await eventually("a revision", async () => (await readCurrentRevision(bus, scope)) !== null);
  const { journal } = streamsOf(scope);
  await ensureStream(bus, { name: journal, subjects: [subjectsOf(scope).journal], maxBytes: 1 << 20, discard: "new" });
  await eventually("a Deployment", async () => (await place.deployments()).length === 1);
  await world.client.delete(pipelines, { namespace: place.namespace, name: "p" });
  await eventually("it is gone", async () => (await place.pipeline("p")) === undefined);
  t.is(await streamState(bus, journal), null);
  t.is(await readCurrentRevision(bus, scope), null);
  // Garbage collection learns of new kinds every 30 s.
  const children = async (): Promise<number> =>
    (await place.groups()).length + (await place.deployments()).length + (await place.pods()).length;
  await eventually("its children are gone", async () => (await children()) === 0, 120_000);
});

test.serial("deleting ends also without NATS, and what was left there is swept when it is back", async (t) => {
  const place = await Place.in(world);
  const { metadata } = await place.applyPipeline("p", ONE);
  const scope = { namespace: place.namespace, pipeline: "p", uid: metadata.uid };
  await using bus = await connectBus({ url: world.nats.url, name: "test" });
  await eventually("a revision", async () => (await readCurrentRevision(bus, scope)) !== null);
  // A minute later, for this operator.
  await world.replaceOperator(async () => world.nats.kill(), {}, 61_000);
  await place.until("pipeline", "p", "Ready", "False NatsUnreachable");
  await world.client.delete(pipelines, { namespace: place.namespace, name: "p" });
  await eventually("it is gone", async () => (await place.pipeline("p")) === undefined);
  await world.nats.start();
  await eventually("it is swept", async () => {
    return (await readCurrentRevision(bus, scope).catch(() => "not reached yet")) === null;
  });
  t.pass();
});
