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
import { FINGERPRINT_ANNOTATION } from "../../../operator/src/credentials/index.ts";
import {
  configMaps,
  controllerRevisions,
  events,
  podDisruptionBudgets,
  secrets,
  type Secret,
  type Stored,
} from "../../../operator/src/kube/index.ts";
import { groups, pipelines } from "../../../operator/src/resources.ts";
import { rendered } from "../../e2e/support/helm.ts";
import { eventually } from "../../support/eventually.ts";
import { grantedBy, NEVER_SENT } from "../../support/grants.ts";
import { auditedRights } from "./audited-writes.ts";
import { RELEASE } from "./rights.ts";
import { sayLoad } from "./scripted-load.ts";
import { sharedWorld } from "./shared-world.ts";
import { Place } from "./world.ts";

const world = sharedWorld({ asByChart: true });

const LATEST_USE_MS = 60_000;
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

test.serial("revisions, copies of sources, Groups and budgets that nothing uses any more go", async (t) => {
  const place = await Place.in(world);
  const source = { configMap: "modules" };
  const modules = [
    { name: "A", type: "example", group: "g" },
    { name: "B", type: "example", group: "h", dependsOn: ["A"] },
  ];
  const spec = { source, modules };
  const list = { namespace: place.namespace };
  const revisionNames = async (): Promise<readonly string[]> =>
    (await world.client.list(controllerRevisions, list)).items.map(({ metadata }) => metadata.name);
  const hasCopyOf = async (content: string): Promise<boolean> =>
    (await world.client.list(configMaps, { ...list, labelSelector: "troupe.dev/source-of=p" })).items.some(
      ({ data }) => data?.["a.ts"] === content,
    );
  await place.applyModules("modules", { "a.ts": "first" });
  const { metadata } = await place.applyPipeline("p", spec);
  using load = sayLoad(world, place, metadata.uid);
  const stop = place.keepPodsReady("troupe.dev/pipeline=p");
  await eventually("a first revision", async () => (await revisionNames()).length === 1 && (await hasCopyOf("first")));
  const [first = ""] = await revisionNames();
  const revision = async (): Promise<string | null | undefined> => (await place.pipeline("p"))?.status?.revision;
  // One more than are kept beside the current one.
  for (const content of ["second", "third", "fourth", "fifth"]) {
    const before = await revision();
    await place.applyModules("modules", { "a.ts": content });
    await eventually(`a revision of the ${content}`, async () => (await revision()) !== before);
  }
  await eventually("the first is gone", async () => !(await revisionNames()).includes(first));
  await eventually("its source as well", async () => !(await hasCopyOf("first")));
  t.true(await hasCopyOf("fifth"));

  // The same is said again: a count, not another event.
  for (const gpu of ["0.5", 1, "0.5", 1]) {
    await place.applyPipeline("p", { ...spec, groups: [{ name: "g", resources: { gpu } }] });
    await place.until("pipeline", "p", "Accepted", gpu === 1 ? "True Valid" : "False FractionalGpuNotConfigured");
  }

  await place.applyGroup("tuned", { pipelineRef: { name: "p" }, group: "h", replicas: 1 });
  await eventually("the generated Group goes", async () => (await place.group("p-h")) === undefined);
  const budget = { namespace: place.namespace, name: "tuned" };
  await eventually("a budget", async () => (await world.client.find(podDisruptionBudgets, budget)) !== undefined);
  load.hush();
  await world.client.delete(pipelines, { namespace: place.namespace, name: "p" });
  await eventually("it is gone", async () => (await world.client.find(podDisruptionBudgets, budget)) === undefined);
  t.not(await place.group("tuned"), undefined);
  stop();
});

/** What somebody may do to a Secret, as a merge patch; null: they delete it. */
const DRIFTS: readonly (readonly [string, object | null])[] = [
  ["its credentials are edited", { data: { "user.creds": Buffer.from("forged").toString("base64") } }],
  ["its credentials are taken out", { data: { "user.creds": null } }],
  ["it is disowned", { metadata: { ownerReferences: null } }],
  ["it loses what it was made for", { metadata: { annotations: null } }],
  ["it is deleted", null],
];

test.serial("a group's credentials come back whatever is done to their Secret, and go with the Group", async (t) => {
  const place = await Place.in(world);
  await place.applyGroup("workers", { replicas: 1 });
  const find = async (): Promise<Stored<Secret> | undefined> =>
    (await world.client.list(secrets, { namespace: place.namespace, labelSelector: "troupe.dev/group=workers" }))
      .items[0];
  await eventually("a Secret", async () => (await find()) !== undefined);
  const made = await find();
  const key = { namespace: place.namespace, name: made?.metadata.name ?? "" };
  for (const [what, body] of DRIFTS) {
    if (body === null) await world.client.delete(secrets, key);
    else await world.client.patch(secrets, key, { type: "merge", body });
    await eventually(`whole again after ${what}`, async () => {
      const { data, metadata } = (await find()) ?? {};
      const isWhole = Buffer.from(data?.["user.creds"] ?? "", "base64")
        .toString()
        .includes("BEGIN NATS USER JWT");
      const isOwned = metadata?.ownerReferences?.[0]?.uid === made?.metadata.ownerReferences?.[0]?.uid;
      const fingerprint = metadata?.annotations?.[FINGERPRINT_ANNOTATION];
      return isWhole && isOwned && fingerprint === made?.metadata.annotations?.[FINGERPRINT_ANNOTATION];
    });
  }
  // What somebody adds is theirs, and no reason to make credentials anew.
  await world.client.patch(secrets, key, { type: "merge", body: { data: { note: "aGVsbG8=" } } });
  const { data } = (await find()) ?? {};
  await place.applyGroup("workers", { replicas: 2 });
  await eventually("two replicas", async () => (await place.deployments())[0]?.spec?.replicas === 2);
  t.deepEqual((await find())?.data, data);
  const [deployment] = await place.deployments();
  const mounted = deployment?.spec?.template.spec?.volumes?.flatMap(({ secret }) => secret?.secretName ?? []);
  t.deepEqual(mounted, [key.name]);
  await world.client.delete(groups, { namespace: place.namespace, name: "workers" });
  // Garbage collection learns of new kinds every 30 s.
  await eventually("it is gone", async () => (await find()) === undefined, 120_000);
});

test.serial("the operator has used all that the chart grants it", async (t) => {
  const granted = grantedBy(await rendered({}, RELEASE)).filter((grant) => !NEVER_SENT.includes(grant));
  const unused = async (): Promise<readonly string[]> => {
    const { used } = await auditedRights(world);
    return granted.filter((grant) => !used.has(grant));
  };
  // Equal events are counted some seconds after the first; what is not used by then is named below.
  const isOver = performance.now() + LATEST_USE_MS;
  await eventually("all is used", async () => (await unused()).length === 0 || performance.now() > isOver);
  t.deepEqual(await unused(), [], "granted, and never used");
});
