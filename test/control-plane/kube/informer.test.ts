/** Whatever happens between an informer and the API server, the informer ends up with exactly what the server has. */
import anyTest, { type TestFn } from "ava";
import { randomInt } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { Random } from "../../../coordinator/sim/random.ts";
import { configMaps, KubeClient, KubeError, startInformer, type ConfigMap } from "../../../operator/src/kube/index.ts";
import { startControlPlane, type ControlPlane } from "../../support/control-plane.ts";
import { eventually } from "../../support/eventually.ts";
import { configMap } from "./config-map.ts";
import { LIMIT_MS, startWorld } from "./informer-world.ts";

const test = anyTest as TestFn<{ plane: ControlPlane }>;

test.before(async (t) => {
  t.context = { plane: await startControlPlane() };
});
test.after.always(async (t) => {
  await t.context.plane[Symbol.asyncDispose]();
});

test.serial("it has all that is there, tells every change in order, and looks up", async (t) => {
  await using world = await startWorld(t.context.plane, {
    transform: ({ ...object }) => ({ ...object, data: { kept: "yes" } }),
  });
  const { informer, namespace } = world;
  await informer.synced;
  const byLabel = informer.index(({ metadata }) => Object.values(metadata.labels ?? {}));
  await world.put("a", "1");
  await world.put("a", "2");
  await world.put("b", "1");
  const labels = { type: "merge", body: { metadata: { labels: { colour: "red" } } } } as const;
  await world.direct.patch(configMaps, { namespace, name: "b" }, labels);
  await world.remove("a");
  await world.converges(t);
  t.deepEqual(world.told, ["added a", "changed a", "added b", "changed b", "deleted a"]);
  t.deepEqual(byLabel("red"), [informer.get({ namespace, name: "b" })]);
  const [kept] = informer.list(namespace);
  t.deepEqual(kept?.data, { kept: "yes" });
  t.false(JSON.stringify(kept).includes("managedFields"));
  const late: string[] = [];
  const end = informer.onChange((change) => late.push(change.type));
  end();
  await world.put("c", "1");
  await world.converges(t);
  t.deepEqual(late, ["added"]);
  t.is(world.lists, 1);
});

test.serial("it follows the namespaces that it is given, and all when it is given none", async (t) => {
  const other = await t.context.plane.namespace();
  await using world = await startWorld(t.context.plane);
  const { client, namespace, direct } = world;
  await using two = startInformer({ client, resource: configMaps, namespaces: [namespace, other] });
  await using all = startInformer({ client, resource: configMaps, labelSelector: "colour=blue" });
  await Promise.all([two.synced, all.synced]);
  await direct.create(configMaps, configMap(namespace, "a"));
  await direct.create(configMaps, configMap(other, "a"));
  const labels = { colour: "blue" };
  await direct.create(configMaps, {
    ...configMap(other, "blue"),
    metadata: { namespace: other, name: "blue", labels },
  });
  await eventually("both have them", () => two.list().length === 3 && all.list().length === 1);
  t.is(two.list(other).length, 2);
  await direct.delete(configMaps, { namespace: other, name: "blue" });
  await eventually("both know that it is gone", () => two.list().length === 2 && all.list().length === 0);
  await world.converges(t);
});

test.serial("no change is lost and none told twice while connections are reset at random", async (t) => {
  await using world = await startWorld(t.context.plane);
  await world.informer.synced;
  const seed = randomInt(2 ** 31);
  t.log(`seed ${seed}`);
  let resets = 0;
  const done = new AbortController();
  const resetting = (async () => {
    for (; !done.signal.aborted; resets++) {
      await delay(((seed + resets * 7919) % 90) + 10);
      world.proxy.reset();
    }
  })();
  for (let round = 0; round < 40; round++) {
    const names = Array.from({ length: 10 }, (_, index) => `c${(seed + round * 31 + index * 7) % 25}`);
    await Promise.all(
      [...new Set(names)].map((name) => ((seed + round) % 3 === 0 ? world.remove(name) : world.put(name, `${round}`))),
    );
  }
  done.abort();
  await resetting;
  await world.converges(t);
  t.log(`${resets} resets, ${world.failures.length} failures, ${world.lists} lists, ${world.told.length} changes`);
  t.true(world.failures.length > 0);
  t.is(world.lists, 1, "a reset is no reason to list again");
});

test.serial("429, 503 and 500 are waited out, as long as the server asks, and without a storm", async (t) => {
  await using world = await startWorld(t.context.plane);
  await world.informer.synced;
  for (const [status, headers] of [
    [429, { "retry-after": "1" }],
    [503, {}],
    [500, {}],
  ] as const) {
    const before = { requests: world.proxy.requests.length, failures: world.failures.length };
    world.proxy.answer = () => ({ status, headers, body: "not now" });
    world.proxy.reset();
    await world.put(`after-${status}`, "1");
    await eventually(`it has met ${status}`, () => world.failures.length >= before.failures + 3);
    world.proxy.answer = () => undefined;
    await world.converges(t);
    const met = world.failures
      .slice(before.failures)
      .filter(({ error }) => error instanceof KubeError && error.status === status);
    t.true(met.length >= 2);
    if (status === 429) t.true(met.every(({ retryMs }) => retryMs >= 1000));
    t.true(world.proxy.requests.length - before.requests <= met.length + 3, "one request for each wait");
  }
});

test.serial("a server that ends watches at once is not asked in a storm", async (t) => {
  await using world = await startWorld(t.context.plane);
  await world.informer.synced;
  const before = world.proxy.requests.length;
  world.proxy.answer = ({ isWatch }) => (isWatch ? { status: 200 } : undefined);
  world.proxy.reset();
  await eventually("it has met it", () => world.failures.length >= 3);
  t.true(world.proxy.requests.length - before <= world.failures.length + 2);
  world.proxy.answer = () => undefined;
  await world.put("a", "1");
  await world.converges(t);
});

test.serial("what a watch says that is no event makes it begin again", async (t) => {
  await using world = await startWorld(t.context.plane);
  await world.informer.synced;
  const bad = [
    "<html>",
    '{"type":"ADDED","object":{}}\n',
    '{"type":"ERROR","object":{"code":500,"message":"etcd"}}\n',
    "{",
  ];
  world.proxy.answer = ({ isWatch }) => {
    const body = isWatch ? bad.pop() : undefined;
    return body === undefined ? undefined : { status: 200, body };
  };
  world.proxy.reset();
  await world.put("a", "1");
  await world.converges(t);
  t.is(bad.length, 0);
});

test.serial("a connection that has gone silent is given up, and nothing is missing then", async (t) => {
  await using world = await startWorld(t.context.plane, { watchWindowMs: 2_000 });
  await world.informer.synced;
  await world.put("a", "1");
  await world.converges(t);
  world.proxy.silence();
  await world.put("b", "1");
  await world.remove("a");
  await world.converges(t);
  t.true(world.failures.some(({ error }) => error instanceof KubeError && error.reason === "Timeout"));
  t.is(world.lists, 1);
});

test.serial("stop() stops: in a watch, in a wait, before the first list; nothing is told after it", async (t) => {
  for (const state of ["watching", "waiting", "listing"]) {
    await using world = await startWorld(t.context.plane);
    if (state !== "listing") await world.informer.synced;
    if (state === "waiting") {
      world.proxy.shut();
      await eventually("it waits", () => world.failures.length >= 2);
    }
    const { informer, proxy } = world;
    await informer.stop();
    proxy.open();
    const before = { requests: proxy.requests.length, told: world.told.length, seen: world.observations.length };
    await world.put("a", "1");
    await delay(1_000);
    t.deepEqual([proxy.requests.length, world.told.length, world.observations.length], Object.values(before), state);
    if (state === "listing") await t.throwsAsync(informer.synced, { message: /stopped before/ });
    await informer.stop();
  }
});

test.serial("the token is read for every request: one that was rotated is used at once", async (t) => {
  await using world = await startWorld(t.context.plane);
  const { plane } = t.context;
  await plane.kubectl(
    "create",
    "clusterrolebinding",
    "rotated",
    "--clusterrole=cluster-admin",
    `--serviceaccount=${world.namespace}:rotated`,
  );
  const token = await plane.serviceAccountToken(world.namespace, "rotated");
  const config = plane.config({ url: world.proxy.url });
  const client = KubeClient.for(config, "test");
  await using informer = startInformer({ client, resource: configMaps, namespaces: [world.namespace] });
  await informer.synced;
  const user = config.getCurrentUser();
  t.truthy(user);
  Object.assign(user ?? {}, { token });
  world.proxy.reset();
  await world.put("a", "1");
  await eventually("it follows", () => informer.list().length === 1);
  t.true(world.proxy.requests.some(({ isWatch, authorization }) => isWatch && authorization === `Bearer ${token}`));
  client.close();
});

test.serial(
  "where nothing changes, bookmarks move it on: it never watches from a version that is about to be forgotten",
  async (t) => {
    await using world = await startWorld(t.context.plane, { watchWindowMs: 4_000 });
    await world.informer.synced;
    const elsewhere = await t.context.plane.namespace();
    let latest = 0;
    for (let index = 0; index < 20; index++) {
      const { metadata } = await world.direct.create(configMaps, configMap(elsewhere, `n${index}`));
      latest = Number(metadata.resourceVersion);
    }
    await eventually("it watches from the latest version", () =>
      world.proxy.requests.some(({ path }) => Number(/resourceVersion=(\d+)/.exec(path)?.[1]) >= latest),
    );
    t.deepEqual([world.lists, world.told], [1, []]);
  },
);

test.serial("a version that etcd has compacted is listed anew, and what was deleted meanwhile is known", async (t) => {
  await using world = await startWorld(t.context.plane);
  await world.informer.synced;
  await world.put("a", "1");
  await world.put("b", "1");
  await world.converges(t);
  world.proxy.shut();
  await world.remove("a");
  await world.put("b", "2");
  await world.put("c", "1");
  await t.context.plane.compact();
  // The API server remembers changes by itself; it has to forget them, too.
  await t.context.plane.apiServer.restart();
  world.proxy.open();
  await world.converges(t);
  t.true(
    world.failures.some(({ error }) => error instanceof KubeError && error.isExpired),
    "410 came",
  );
  t.is(world.lists, 2);
  t.deepEqual(world.told.slice(-3).sort(), ["added c", "changed b", "deleted a"]);
});

test.serial(
  "an API server is killed and comes back, with its past or without: informers converge, without a stampede",
  async (t) => {
    const { plane } = t.context;
    await using world = await startWorld(plane);
    await world.put("a", "1");
    const waits: number[] = [];
    await using informers = new AsyncDisposableStack();
    const twenty = Array.from({ length: 20 }, () =>
      informers.use(
        startInformer({
          client: world.client,
          resource: configMaps,
          namespaces: [world.namespace],
          observe: (observation) => {
            if (observation.type === "watch-failed") waits.push(observation.retryMs);
          },
        }),
      ),
    );
    await Promise.all(twenty.map(async ({ synced }) => synced));
    const names = (list: readonly ConfigMap[]): string => list.map(({ metadata }) => metadata.name).join();

    await plane.apiServer.kill();
    await eventually("all have noticed", () => waits.length >= 20);
    await plane.apiServer.start();
    await world.put("b", "1");
    await world.remove("a");
    await world.converges(t);
    await eventually("all have it", () => twenty.every((each) => names(each.list()) === "b"), LIMIT_MS);
    t.true(new Set(waits.map(Math.round)).size > waits.length / 4, "their delays are spread");

    world.proxy.shut();
    await world.put("c", "1");
    await world.remove("b");
    await plane.compact();
    await plane.apiServer.restart();
    const before = world.proxy.requests.length;
    world.proxy.open();
    await world.converges(t);
    await eventually("all have it again", () => twenty.every((each) => names(each.list()) === "c"), LIMIT_MS);
    const lists = world.proxy.requests.slice(before).filter(({ isWatch }) => !isWatch).length;
    t.log(`${lists} lists`);
    t.true(lists >= 21 && lists <= 2 * 21, "each lists once, twice at the most");
  },
);

test.serial("everything at once, at random: informers converge each time that the weather clears", async (t) => {
  const { plane } = t.context;
  const seed = randomInt(2 ** 31);
  t.log(`seed ${seed}`);
  const random = new Random(seed);
  await using world = await startWorld(plane, { watchWindowMs: 2_000 });
  const { proxy } = world;
  const spoils: readonly (() => void)[] = [
    () => {
      proxy.reset();
    },
    () => {
      proxy.silence();
    },
    () => {
      proxy.shut();
    },
    () => {
      proxy.answer = () => (random.chance(0.5) ? { status: random.pick([429, 500, 503]), body: "" } : undefined);
    },
    () => {
      proxy.losesAnswer = () => random.chance(0.3);
    },
  ];
  for (let round = 0; round < 3; round++) {
    if (random.chance(0.4)) await plane.compact();
    if (round === 1) await plane.apiServer.restart();
    for (let step = 0; step < 12; step++) {
      random.pick(spoils)();
      const name = `c${random.int(0, 9)}`;
      await (random.chance(0.3) ? world.remove(name) : world.put(name, `${round}.${step}`));
      await delay(random.int(0, 150));
      if (random.chance(0.5)) proxy.open();
    }
    proxy.answer = () => undefined;
    proxy.losesAnswer = () => false;
    proxy.open();
    await world.converges(t);
  }
  t.log(`${world.failures.length} failures, ${world.lists} lists, ${world.told.length} changes`);
  t.true(world.failures.length > 0);
});
