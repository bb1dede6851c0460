import anyTest, { type TestFn } from "ava";
import {
  configMaps,
  events,
  KubeClient,
  namespaces,
  startEventRecorder,
  type KubeEvent,
  type Observation,
} from "../../../operator/src/kube/index.ts";
import { startApiProxy } from "../../support/api-proxy.ts";
import { startControlPlane, type ControlPlane } from "../../support/control-plane.ts";
import { eventually } from "../../support/eventually.ts";
import { configMap } from "./config-map.ts";

const test = anyTest as TestFn<{ plane: ControlPlane; client: KubeClient }>;
const SOURCE = { controller: "troupe.dev/test", instance: "test-0" };

test.before(async (t) => {
  const plane = await startControlPlane();
  t.context = { plane, client: KubeClient.for(plane.config(), "test") };
});
test.after.always(async (t) => {
  t.context.client.close();
  await t.context.plane[Symbol.asyncDispose]();
});

async function eventsIn(client: KubeClient, namespace: string): Promise<readonly KubeEvent[]> {
  return (await client.list(events, { namespace })).items;
}

test("equal facts are one Event that counts, and kubectl shows it", async (t) => {
  const { plane, client } = t.context;
  const namespace = await plane.namespace();
  const object = await client.create(configMaps, configMap(namespace, "a"));
  const first = { type: "Warning", reason: "NoGpu", note: "no node has a free GPU" } as const;
  {
    await using recorder = startEventRecorder({ client, ...SOURCE });
    for (let index = 0; index < 30; index++) recorder.record(object, first);
    recorder.record(object, { type: "Normal", reason: "Created", action: "Create", note: "made a Deployment" });
  }
  const seen = await eventsIn(client, namespace);
  t.deepEqual(seen.map(({ reason, series }) => [reason, series?.count]).sort(), [
    ["Created", undefined],
    ["NoGpu", 30],
  ]);
  t.like(
    seen.find(({ reason }) => reason === "NoGpu"),
    {
      type: "Warning",
      action: "Reconcile",
      note: first.note,
      reportingController: SOURCE.controller,
      regarding: { kind: "ConfigMap", name: "a", namespace, uid: object.metadata.uid },
    },
  );
  t.regex(
    await plane.kubectl("describe", "configmap", "a", "-n", namespace),
    /NoGpu\s+.*\(x30 over .*\)\s+troupe.dev\/test\s+no node has/,
  );
});

test("long notes are cut between characters; what is in no namespace has its Events in the default one", async (t) => {
  const { plane, client } = t.context;
  const object = await client.get(namespaces, { namespace: "", name: await plane.namespace() });
  {
    await using recorder = startEventRecorder({ client, ...SOURCE });
    recorder.record(object, { type: "Normal", reason: "Long", note: "ä".repeat(2_000) });
  }
  const seen = (await eventsIn(client, "default")).find(({ regarding }) => regarding?.name === object.metadata.name);
  t.regex(seen?.note ?? "", /^ä{510}…$/);
});

test("an object that never stops talking is cut short, and others are not", async (t) => {
  const { plane, client } = t.context;
  const namespace = await plane.namespace();
  const [noisy, quiet] = [
    await client.create(configMaps, configMap(namespace, "noisy")),
    await client.create(configMaps, configMap(namespace, "quiet")),
  ];
  const seen: Observation[] = [];
  {
    await using recorder = startEventRecorder({ client, ...SOURCE, observe: (observation) => seen.push(observation) });
    for (let index = 0; index < 60; index++)
      recorder.record(noisy, { type: "Normal", reason: "Tick", note: `number ${index}` });
    recorder.record(quiet, { type: "Normal", reason: "Tick", note: "one" });
  }
  t.is((await eventsIn(client, namespace)).length, 26);
  t.is(seen.filter(({ type }) => type === "event-dropped").length, 35);
});

test("a server that fails, or loses its answer, is asked again; one that refuses is not; nobody is told by an exception", async (t) => {
  const { plane, client } = t.context;
  const namespace = await plane.namespace();
  const object = await client.create(configMaps, configMap(namespace, "a"));
  await using proxy = await startApiProxy(plane);
  const spoilt = KubeClient.for(plane.config({ url: proxy.url }), "test");
  const seen: Observation[] = [];
  const recorder = startEventRecorder({ client: spoilt, ...SOURCE, observe: (observation) => seen.push(observation) });
  let calls = 0;
  proxy.answer = () => (++calls <= 2 ? { status: 503 } : undefined);
  proxy.losesAnswer = () => calls === 3;
  recorder.record(object, { type: "Normal", reason: "Late", note: "but there" });
  await eventually("it was written", async () => (await eventsIn(client, namespace)).length === 1);
  await eventually("and its answer asked for again", () => calls === 4);
  t.deepEqual(seen, []);
  proxy.answer = () => ({ status: 403, body: "no" });
  recorder.record(object, { type: "Normal", reason: "Never", note: "comes" });
  await eventually("it was dropped", () => seen.length === 1);
  t.like(seen[0], { type: "event-dropped", reason: "Never" });
  await recorder[Symbol.asyncDispose]();
  t.is((await eventsIn(client, namespace)).length, 1);
  spoilt.close();
});
