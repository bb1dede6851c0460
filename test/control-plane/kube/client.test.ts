import anyTest, { type TestFn } from "ava";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import {
  configMaps,
  deployments,
  KubeClient,
  KubeError,
  NotLeadingError,
  resource,
  type KubeObject,
} from "../../../operator/src/kube/index.ts";
import { configMap } from "./config-map.ts";
import { startControlPlane, type ControlPlane } from "../../support/control-plane.ts";

const test = anyTest as TestFn<{ plane: ControlPlane; client: KubeClient }>;

test.before(async (t) => {
  const plane = await startControlPlane();
  t.context = { plane, client: KubeClient.for(plane.config(), "test") };
});
test.after.always(async (t) => {
  t.context.client.close();
  await t.context.plane[Symbol.asyncDispose]();
});

const isConflict = { instanceOf: KubeError, message: /409 Conflict/ };

test("objects are created, read, found, replaced and deleted", async (t) => {
  const { plane, client } = t.context;
  const namespace = await plane.namespace();
  const key = { namespace, name: "a" };
  t.is(await client.find(configMaps, key), undefined);
  const missing = await t.throwsAsync(client.get(configMaps, key), { instanceOf: KubeError });
  t.true(missing.isNotFound);
  t.regex(missing.message, /^GET .*\/configmaps\/a: 404 NotFound: configmaps "a" not found$/);
  const made = await client.create(configMaps, configMap(namespace, "a", { x: "1" }));
  await t.throwsAsync(client.create(configMaps, made), { message: /409 AlreadyExists|resourceVersion should not/ });
  t.deepEqual(await client.get(configMaps, key), made);
  const replaced = await client.replace(configMaps, { ...made, data: { x: "2" } });
  await t.throwsAsync(client.replace(configMaps, { ...made, data: { x: "3" } }), isConflict);
  await t.throwsAsync(client.delete(configMaps, key, { uid: "another" }), isConflict);
  await t.throwsAsync(client.delete(configMaps, key, { resourceVersion: made.metadata.resourceVersion }), isConflict);
  t.true(await client.delete(configMaps, key, { resourceVersion: replaced.metadata.resourceVersion }));
  t.false(await client.delete(configMaps, key));
});

test("patches change what they name, and are refused when somebody wrote since", async (t) => {
  const { plane, client } = t.context;
  const namespace = await plane.namespace();
  const first = await client.create(configMaps, configMap(namespace, "a", { x: "1", y: "1" }));
  const key = { namespace, name: "a" };
  const second = await client.patch(configMaps, key, {
    type: "merge",
    body: { data: { x: "2", y: null }, metadata: { labels: { l: "1" } } },
    resourceVersion: first.metadata.resourceVersion,
  });
  t.deepEqual([second.data, second.metadata.labels], [{ x: "2" }, { l: "1" }]);
  const late = { type: "merge", body: { data: { x: "3" } }, resourceVersion: first.metadata.resourceVersion } as const;
  await t.throwsAsync(client.patch(configMaps, key, late), isConflict);
  const third = await client.patch(configMaps, key, {
    type: "json",
    body: [
      { op: "test", path: "/data/x", value: "2" },
      { op: "replace", path: "/data/x", value: "4" },
    ],
  });
  t.deepEqual(third.data, { x: "4" });
});

test("a list comes whole, page by page, with the version to watch from", async (t) => {
  const { plane, client } = t.context;
  const namespace = await plane.namespace();
  const names = Array.from({ length: 23 }, (_, index) => `c${String(index).padStart(2, "0")}`);
  await Promise.all(
    names.map((name, index) =>
      client.create(configMaps, {
        ...configMap(namespace, name),
        metadata: { namespace, name, labels: { even: String(index % 2 === 0) } },
      }),
    ),
  );
  const all = await client.list(configMaps, { namespace, pageSize: 5, labelSelector: "even" });
  t.deepEqual(
    all.items.map(({ metadata }) => metadata.name),
    names,
  );
  t.true(all.items.every(({ apiVersion, kind }) => apiVersion === "v1" && kind === "ConfigMap"));
  const even = await client.list(configMaps, { namespace, labelSelector: "even=true" });
  t.is(even.items.length, 12);
  t.deepEqual((await client.list(configMaps, { namespace, fieldSelector: "metadata.name=c03" })).items.length, 1);
});

test("a watch tells every change after a version, in order, and a bookmark before its window ends", async (t) => {
  const { plane, client } = t.context;
  const namespace = await plane.namespace();
  const { resourceVersion } = await client.list(configMaps, { namespace });
  const key = { namespace, name: "a" };
  await client.create(configMaps, configMap(namespace, "a", { x: "1" }));
  await client.patch(configMaps, key, { type: "merge", body: { data: { x: "2" } } });
  await client.delete(configMaps, key);
  // The server sends a bookmark about two seconds before the end of a window, if the kind has changed elsewhere; a busy one may miss a window.
  const elsewhere = await plane.namespace();
  let bookmarks = 0;
  for (let window = 0; bookmarks === 0 && window < 6; window++) {
    const seen: string[] = [];
    for await (const event of client.watch(configMaps, { namespace, resourceVersion, windowMs: 8_000 })) {
      seen.push(event.type === "bookmark" ? "bookmark" : `${event.type} ${event.object.data?.["x"] ?? ""}`);
      if (event.type === "deleted") await client.create(configMaps, configMap(elsewhere, `w${window}`, {}));
    }
    t.deepEqual(seen.slice(0, 3), ["added 1", "modified 2", "deleted 2"]);
    t.true(seen.slice(3).every((type) => type === "bookmark"));
    bookmarks = seen.length - 3;
  }
  t.true(bookmarks > 0);
});

test("what aborts a call is what it throws; no answer in time is said so", async (t) => {
  const { plane, client } = t.context;
  const why = new Error("enough");
  const abort = new AbortController();
  const watching = (async () => {
    const { resourceVersion } = await client.list(configMaps);
    for await (const event of client.watch(configMaps, { resourceVersion, windowMs: 60_000, signal: abort.signal }))
      t.log(event.type);
  })();
  await delay(200);
  abort.abort(why);
  t.is(await t.throwsAsync(watching), why);
  t.is(await t.throwsAsync(client.list(configMaps, { signal: abort.signal })), why);
  const mute = createServer().listen(0, "127.0.0.1");
  await once(mute, "listening");
  const address = mute.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const unheard = KubeClient.for(plane.config({ url: `https://127.0.0.1:${port}` }), "test");
  const slow = await t.throwsAsync(unheard.list(configMaps, { timeoutMs: 100 }), { instanceOf: KubeError });
  t.like(slow, { reason: "Timeout", isUnclear: true });
  unheard.close();
  mute.close();
  const nobody = KubeClient.for(plane.config({ url: "https://127.0.0.1:1" }), "test");
  const error = await t.throwsAsync(nobody.list(configMaps), { instanceOf: KubeError });
  t.is(error.reason, "Unreachable");
  const stranger = KubeClient.for(plane.config({ token: "wrong" }), "test");
  const refused = await t.throwsAsync(stranger.list(configMaps), { instanceOf: KubeError });
  t.is(refused.status, 401);
  stranger.close();
});

test("applying loses no field, whatever the client library knows of it", async (t) => {
  const { plane, client } = t.context;
  interface Crd extends KubeObject {
    readonly spec: object;
  }
  const crds = resource<Crd>({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    plural: "customresourcedefinitions",
    namespaced: false,
  });
  const schema = {
    type: "object",
    properties: {
      spec: {
        type: "object",
        "x-kubernetes-preserve-unknown-fields": true,
        "x-kubernetes-validations": [{ rule: "!has(self.c)", message: "no c" }],
        properties: { c: { type: "integer" } },
      },
    },
  };
  const crd: Crd = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "things.test.dev" },
    spec: {
      group: "test.dev",
      scope: "Namespaced",
      names: { plural: "things", singular: "thing", kind: "Thing", listKind: "ThingList" },
      versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: schema } }],
    },
  };
  await client.apply(crds, crd);
  t.like((await client.get(crds, { namespace: "", name: "things.test.dev" })).spec, {
    versions: [{ schema: { openAPIV3Schema: schema } }],
  });
  await plane.served("crd/things.test.dev");
  interface Thing extends KubeObject {
    readonly spec: object;
  }
  const things = resource<Thing>({ apiVersion: "test.dev/v1", kind: "Thing", plural: "things", namespaced: true });
  const namespace = await plane.namespace();
  const thing = { apiVersion: "test.dev/v1", kind: "Thing", metadata: { namespace, name: "t" } };
  const spec = { from: { _from: 1, default: null, "x-y": [1, { z: 2 }] } };
  t.deepEqual((await client.apply(things, { ...thing, spec })).spec, spec);
  await t.throwsAsync(client.apply(things, { ...thing, spec: { a: 1, b: 2, c: 3 } }), { message: /422 .*no c/ });
});

test("applying again what is there writes nothing; fields of others stay, and can be taken by force", async (t) => {
  const { plane, client } = t.context;
  const namespace = await plane.namespace();
  const labels = { app: "web" };
  const deployment = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { namespace, name: "web", labels },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "main", image: "nothing" }] } },
    },
  };
  const first = await client.apply(deployments, deployment);
  t.is((await client.apply(deployments, deployment)).metadata.resourceVersion, first.metadata.resourceVersion);
  const scale = { type: "merge", body: { spec: { replicas: 3 } } } as const;
  await client.patch(deployments, { namespace, name: "web" }, scale, { fieldManager: "somebody" });
  const again = await client.apply(deployments, deployment);
  t.is(again.spec?.replicas, 3);
  const claim = { ...deployment, spec: { ...deployment.spec, replicas: 1 } };
  await t.throwsAsync(client.apply(deployments, claim, { force: false }), isConflict);
  t.is((await client.apply(deployments, claim)).spec?.replicas, 1);
  const { apiVersion, kind } = deployment;
  const withStatus = { apiVersion, kind, metadata: { namespace, name: "web" }, status: { observedGeneration: 7 } };
  const status = await client.apply(deployments, withStatus, { subresource: "status", fieldManager: "troupe-status" });
  t.is(status.status?.observedGeneration, 7);
  t.is(status.metadata.generation, (await client.get(deployments, { namespace, name: "web" })).metadata.generation);
});

test("a write passes the gate at the last moment, also when it had to wait for a connection; reads pass always", async (t) => {
  const { plane } = t.context;
  const namespace = await plane.namespace();
  const gate = new AbortController();
  let asked = 0;
  const gated = KubeClient.for(plane.config(), "test").gatedBy({
    signal: gate.signal,
    check: () => {
      asked += 1;
      if (gate.signal.aborted) throw new NotLeadingError("closed");
    },
  });
  await gated.create(configMaps, configMap(namespace, "a"));
  t.is(asked, 1);
  const writes = Array.from({ length: 200 }, async (_, index) =>
    gated.create(configMaps, configMap(namespace, `n${index}`)),
  );
  const ended = Promise.allSettled(writes);
  await Promise.race(writes);
  gate.abort(new NotLeadingError("closed"));
  const refused = (await ended).filter(({ status }) => status === "rejected");
  t.true(refused.length > 0);
  t.true(refused.every((result) => result.status === "rejected" && result.reason instanceof NotLeadingError));
  t.true(asked < 200, "those that waited for a connection did not even ask");
  await t.throwsAsync(gated.delete(configMaps, { namespace, name: "a" }), { instanceOf: NotLeadingError });
  t.is((await gated.get(configMaps, { namespace, name: "a" })).metadata.name, "a");
  gated.close();
});
