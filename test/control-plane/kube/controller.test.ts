/** A controller that keeps a copy of every ConfigMap with the label `copy`, on a real API server. */
import anyTest, { type TestFn } from "ava";
import { randomInt } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { Random } from "../../../coordinator/sim/random.ts";
import {
  configMaps,
  Controller,
  keyText,
  KubeClient,
  KubeError,
  ownedBy,
  ownerKeys,
  startInformer,
  TerminalError,
  type ConfigMap,
  type Informer,
  type ObjectKey,
  type Observation,
  type Outcome,
} from "../../../operator/src/kube/index.ts";
import { startApiProxy, type ApiProxy } from "../../support/api-proxy.ts";
import { startControlPlane, type ControlPlane } from "../../support/control-plane.ts";
import { eventually } from "../../support/eventually.ts";
import { configMap } from "./config-map.ts";

const test = anyTest as TestFn<{ plane: ControlPlane; direct: KubeClient }>;

test.before(async (t) => {
  const plane = await startControlPlane();
  t.context = { plane, direct: KubeClient.for(plane.config(), "test") };
});
test.after.always(async (t) => {
  t.context.direct.close();
  await t.context.plane[Symbol.asyncDispose]();
});

interface World extends AsyncDisposable {
  readonly namespace: string;
  readonly proxy: ApiProxy;
  readonly controller: Controller;
  readonly informer: Informer<ConfigMap>;
  readonly visits: readonly Extract<Observation, { type: "reconciled" }>[];
  put(name: string, data: Record<string, string>): Promise<void>;
  stop(): Promise<void>;
}

type Reconcile = (key: ObjectKey, world: { informer: Informer<ConfigMap>; client: KubeClient }) => Promise<Outcome>;

async function startWorld(
  { plane, direct }: { plane: ControlPlane; direct: KubeClient },
  reconcile: Reconcile,
  workers = 4,
): Promise<World> {
  const namespace = await plane.namespace();
  const proxy = await startApiProxy(plane);
  const client = KubeClient.for(plane.config({ url: proxy.url }), "test");
  const informer = startInformer({ client, resource: configMaps, namespaces: [namespace] });
  const visits: Extract<Observation, { type: "reconciled" }>[] = [];
  const controller = new Controller({
    name: "copies",
    workers,
    reconcile: (key) => reconcile(key, { informer, client }),
    observe: (observation) => {
      if (observation.type === "reconciled") visits.push(observation);
    },
  });
  controller.for(informer);
  controller.watch(informer, ownerKeys(configMaps));
  const abort = new AbortController();
  const running = controller.run(abort.signal);
  const stop = async (): Promise<void> => {
    abort.abort();
    await running;
  };
  return {
    namespace,
    proxy,
    controller,
    informer,
    visits,
    put: async (name, data) => {
      const labels = { copy: "yes" };
      await direct.apply(configMaps, { ...configMap(namespace, name, data), metadata: { namespace, name, labels } });
    },
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop();
      await informer.stop();
      client.close();
      await proxy[Symbol.asyncDispose]();
    },
  };
}

/** Writes the copy of what is at `key` unless it is as it should be. */
const copy: Reconcile = async (key, { informer, client }) => {
  const source = informer.get(key);
  if (source?.metadata.labels?.["copy"] !== "yes") return { kind: "settled" };
  const name = `${key.name}.copy`;
  const present = informer.get({ ...key, name });
  const data = source.data ?? {};
  if (present !== undefined && JSON.stringify(present.data ?? {}) === JSON.stringify(data)) return { kind: "settled" };
  const metadata = { namespace: key.namespace, name, ownerReferences: [ownedBy(source)] };
  await client.apply(configMaps, { ...configMap(key.namespace, name, data), metadata });
  return { kind: "settled" };
};

test("random creates, edits, foreign edits and deletes, with failing calls, converge to the right copies; a resync writes nothing", async (t) => {
  const { direct } = t.context;
  await using world = await startWorld(t.context, copy);
  const { namespace, proxy, visits } = world;
  const seed = randomInt(2 ** 31);
  t.log(`seed ${seed}`);
  const random = new Random(seed);
  proxy.answer = ({ method }) => (method === "PATCH" && random.chance(0.2) ? { status: 500, body: "etcd" } : undefined);
  proxy.losesAnswer = ({ method }) => method === "PATCH" && random.chance(0.1);
  const acts = [
    async (name: string) => world.put(name, { value: `${random.int(0, 9)}` }),
    async (name: string) => world.put(name, { value: `${random.int(0, 9)}` }),
    async (name: string) => direct.delete(configMaps, { namespace, name: `${name}.copy` }),
    async (name: string) => {
      const foreign = { type: "merge", body: { data: { value: "foreign" } } } as const;
      await direct
        .patch(configMaps, { namespace, name: `${name}.copy` }, foreign, { fieldManager: "user" })
        .catch((error: unknown) => {
          if (!(error instanceof KubeError && error.isNotFound)) throw error;
        });
    },
  ];
  for (let round = 0; round < 60; round++) {
    await Promise.all(Array.from({ length: 4 }, (_, lane) => random.pick(acts)(`c${lane * 5 + random.int(0, 4)}`)));
    if (random.chance(0.1)) proxy.reset();
  }
  proxy.answer = () => undefined;
  proxy.losesAnswer = () => false;
  const isRight = async (): Promise<boolean> => {
    const { items } = await direct.list(configMaps, { namespace });
    const sources = items.filter(({ metadata }) => metadata.labels?.["copy"] === "yes");
    const copies = new Map(items.map((item) => [item.metadata.name, item.data?.["value"]]));
    return (
      sources.length > 0 &&
      sources.every(({ metadata, data }) => copies.get(`${metadata.name}.copy`) === data?.["value"])
    );
  };
  await eventually("every copy is right", isRight);
  await eventually("it rests", () => world.controller.depth === 0);
  t.true(visits.some(({ result }) => result === "failed"));
  const before = (await direct.list(configMaps, { namespace })).items.map(({ metadata }) => metadata.resourceVersion);
  const [asked, looked] = [proxy.requests.length, visits.length];
  world.controller.resync();
  await eventually("all keys were visited", () => visits.length >= looked + world.informer.list().length);
  t.deepEqual(
    proxy.requests.slice(asked).filter(({ isWatch }) => !isWatch),
    [],
  );
  const after = (await direct.list(configMaps, { namespace })).items.map(({ metadata }) => metadata.resourceVersion);
  t.deepEqual(after, before);
});

test("a key is visited by one worker at a time, and the last change is always seen", async (t) => {
  const busy = new Set<string>();
  const seen = new Map<string, string | undefined>();
  let together = 0;
  let clashes = 0;
  await using world = await startWorld(t.context, async (key, { informer }) => {
    const name = keyText(key);
    if (busy.has(name)) clashes += 1;
    busy.add(name);
    together = Math.max(together, busy.size);
    seen.set(key.name, informer.get(key)?.data?.["value"]);
    await delay(20);
    busy.delete(name);
    return { kind: "settled" };
  });
  for (let value = 0; value < 15; value++)
    await Promise.all(Array.from({ length: 6 }, async (_, index) => world.put(`c${index}`, { value: `${value}` })));
  await eventually(
    "all saw the last value",
    () => seen.size === 6 && [...seen.values()].every((value) => value === "14"),
  );
  t.is(clashes, 0);
  t.is(together, 4, "as many at once as there are workers");
});

test("failures come again with growing delays, terminal ones when something changes, `again` when it said", async (t) => {
  const left = new Map([
    ["failing", 4],
    ["terminal", 1],
    ["again", 2],
  ]);
  await using world = await startWorld(t.context, async ({ name }) => {
    const count = left.get(name) ?? 0;
    left.set(name, count - 1);
    if (count <= 0) return { kind: "settled" };
    if (name === "terminal") throw new TerminalError("it cannot be");
    if (name === "failing") throw new Error("not yet");
    return { kind: "again", afterMs: 50, why: "to look" };
  });
  for (const name of left.keys()) await world.put(name, {});
  const of = (name: string) => world.visits.filter(({ key }) => key.name === name);
  await eventually("two are settled", () =>
    ["failing", "again"].every((name) => of(name).at(-1)?.result === "settled"),
  );
  t.deepEqual(
    of("failing").map(({ result }) => result),
    ["failed", "failed", "failed", "failed", "settled"],
  );
  const delays = of("failing").flatMap(({ retryMs }) => retryMs ?? []);
  t.is(delays.length, 4);
  t.true((delays[3] ?? 0) > 2 * (delays[0] ?? 0), "they grow");
  t.deepEqual(
    of("again").map(({ result, retryMs }) => `${result} ${retryMs ?? "never"}`),
    ["again 50", "again 50", "settled never"],
  );
  t.deepEqual(
    of("terminal").map(({ result }) => result),
    ["terminal"],
  );
  await world.put("terminal", { changed: "yes" });
  await eventually("it was visited again", () => of("terminal").length === 2);
  t.is(of("terminal").at(-1)?.result, "settled");
});

test("a server that is busy is left alone for as long as it asks", async (t) => {
  await using world = await startWorld(t.context, copy);
  let refusals = 0;
  world.proxy.answer = ({ method }) => {
    if (method !== "PATCH" || ++refusals > 2) return undefined;
    return { status: 429, headers: { "retry-after": "1" }, body: "" };
  };
  await world.put("a", {});
  await eventually("it was written", () => world.informer.list().length === 2);
  const failed = world.visits.filter(({ result }) => result === "failed");
  t.is(failed.length, 2);
  t.true(failed.every(({ retryMs = 0 }) => retryMs >= 1_000));
});

test("it waits for its informers, later visits what it was told to, and ends only when its visits have ended", async (t) => {
  let ended = 0;
  let begun = 0;
  const world = await startWorld(
    t.context,
    async () => {
      begun += 1;
      await delay(100);
      ended += 1;
      return { kind: "settled" };
    },
    2,
  );
  await world.informer.synced;
  const key = { namespace: world.namespace, name: "a" };
  world.controller.enqueueAfter(key, 30);
  world.controller.enqueueAfter({ ...key, name: "b" }, 3_600_000);
  await eventually("it was visited", () => begun === 1);
  for (const name of ["c", "d", "e"]) world.controller.enqueue({ ...key, name });
  await world.stop();
  t.is(ended, begun);
  t.true(begun < 4);
  const before = begun;
  world.controller.enqueue(key);
  await delay(200);
  t.is(begun, before);
  await world[Symbol.asyncDispose]();
  const unsynced = new Controller({ name: "none", reconcile: () => Promise.resolve({ kind: "settled" }) });
  const nobody = KubeClient.for(t.context.plane.config({ url: "https://127.0.0.1:1" }), "test");
  const informer = startInformer({ client: nobody, resource: configMaps });
  unsynced.for(informer);
  const run = unsynced.run(new AbortController().signal);
  await informer.stop();
  await t.throwsAsync(run, { message: /stopped before/ });
});
