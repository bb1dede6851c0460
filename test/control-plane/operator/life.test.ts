import test from "ava";
import type { PipelineSpec } from "@troupe/model";
import {
  connectBus,
  ensureStream,
  readControl,
  readCurrentRevision,
  streamsOf,
  streamState,
  subjectsOf,
  type ReplicaReport,
} from "@troupe/protocol";
import { setTimeout as delay } from "node:timers/promises";
import { events } from "../../../operator/src/kube/index.ts";
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

test.serial("when replicas go, the one that works is the dearest, and stays", async (t) => {
  const place = await Place.in(world);
  const scaledTo = (replicas: number): PipelineSpec => ({ ...ONE, groups: [{ name: "g", replicas }] });
  const { metadata } = await place.applyPipeline("p", scaledTo(3));
  using load = sayLoad(world, place, metadata.uid);
  const stop = place.keepPodsReady("troupe.dev/group=g");
  await place.until("group", "p-g", "Ready", "True ReplicasReady");
  const [template = ""] = Object.keys(await replicas(place));
  const names = (await place.pods()).map(({ metadata: { name } }) => name);
  const [, busy = ""] = names;
  const report = names.map((name): ReplicaReport => ({
    name,
    state: "ready",
    templateHash: template,
    busy: name === busy ? 2 : 0,
    permits: 4,
    problem: null,
  }));
  load.say({ groups: [{ name: "g", queued: 0, running: 2, ready: {}, pinned: {}, lastBusyAt: null }] }, [
    { group: "g", epoch: 1, replicas: report, recent: [] },
  ]);
  await eventually("it is known who works", async () => (await place.group("p-g"))?.status?.running === 2);
  await place.applyPipeline("p", scaledTo(1));
  await eventually("one is left", async () => (await place.pods()).length === 1);
  const [left] = await place.pods();
  t.is(left?.metadata.annotations?.["controller.kubernetes.io/pod-deletion-cost"], "2");
  t.is(left?.metadata.name, busy);
  stop();
});

test.serial("autoscale follows the queue, up and back to zero; what is not known scales nothing down", async (t) => {
  const place = await Place.in(world);
  const stop = place.keepPodsReady("troupe.dev/group=g");
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
  const desired = async (): Promise<number | undefined> => (await place.group("p-g"))?.status?.desiredReplicas;
  const isGivenUp = async (): Promise<boolean> => {
    return (await desired()) === 0 && Object.values(await replicas(place)).every((count) => count === 0);
  };
  load.say(busy(0, 0));
  await eventually("none", isGivenUp);

  load.say(busy(3, 0));
  await eventually("three again", async () => (await desired()) === 3);
  await place.until("pipeline", "p", "Ready", "True AllGroupsReady");
  load.hush();
  await place.until("pipeline", "p", "Ready", "False CoordinatorUnavailable");
  // Idle would be given up by now, whenever it was that nothing was known any more.
  await delay(2 * 1000 * autoscale.idleSeconds);
  t.is(await desired(), 3);
  t.deepEqual(Object.values(await replicas(place)), [3]);
  load.say(busy(0, 0));
  await eventually("none, once it is known that there is nothing to do", isGivenUp);
  stop();
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
  await eventually("it is said that something was left", async () => {
    const { items } = await world.client.list(events, { namespace: place.namespace });
    return items.some(({ reason, note }) => reason === "CleanUpAbandoned" && note?.includes("once it does") === true);
  });
  await world.nats.start();
  await eventually("it is swept", async () => {
    return (await readCurrentRevision(bus, scope).catch(() => "not reached yet")) === null;
  });
  t.pass();
});
