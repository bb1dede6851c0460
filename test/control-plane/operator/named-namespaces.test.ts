/**
 * An operator of two named namespaces, with the rights that the chart renders for these and no others; and what goes wrong between such a one and
 * its API server: after each outage a change that was made comes through.
 */
import test from "ava";
import { connectBus, readCurrentRevision } from "@troupe/protocol";
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { configMaps, events, podDisruptionBudgets } from "../../../operator/src/kube/index.ts";
import { pipelines } from "../../../operator/src/resources.ts";
import { startApiProxy, type ApiProxy } from "../../support/api-proxy.ts";
import { eventually } from "../../support/eventually.ts";
import { auditedRequests, auditedRights } from "./audited-writes.ts";
import { OperatorProcess } from "./operator-process.ts";
import { RELEASE } from "./rights.ts";
import { sharedWorld } from "./shared-world.ts";
import { Place } from "./world.ts";

const WATCHED = ["team-a", "team-b"];
const ONE = { source: { image: "example.test/modules:1" }, modules: [{ name: "A", type: "example", group: "g" }] };
/** A silent watch is given up after 8 s here, a call after 30 s; a busy machine takes longer. */
const LIMIT_MS = 240_000;

const world = sharedWorld({ operator: false, apiServerRestarts: true, values: { watchNamespaces: WATCHED } });

test.serial(
  "Pipelines of both become Deployments, and what is left in NATS is swept; nothing else is touched",
  async (t) => {
    const places = WATCHED.map((namespace) => new Place(world, namespace));
    const third = await Place.in(world);
    await third.applyPipeline("p", ONE);
    // A minute later, for this operator.
    await using _ = await world.startOperator({ namespaces: WATCHED }, 61_000);
    await using bus = await connectBus({ url: world.nats.url, name: "test" });
    for (const place of places) await place.applyPipeline("p", ONE);
    for (const place of places) {
      await place.until("pipeline", "p", "Accepted", "True Valid");
      await eventually("a Deployment", async () => (await place.deployments()).length === 1);
      t.deepEqual(
        (await place.groups()).map(({ metadata }) => metadata.name),
        ["p-g"],
      );
    }
    const [place] = places;
    const { uid = "" } = (await place?.pipeline("p"))?.metadata ?? {};
    if (place === undefined) throw new Error("no namespace is watched");
    const scope = { namespace: place.namespace, pipeline: "p", uid };
    await eventually("a revision", async () => (await readCurrentRevision(bus, scope)) !== null);
    await world.nats.kill();
    await place.until("pipeline", "p", "Ready", "False NatsUnreachable");
    await world.client.delete(pipelines, { namespace: place.namespace, name: "p" });
    await eventually("it is gone", async () => (await place.pipeline("p")) === undefined);
    const left = async (): Promise<readonly string[]> =>
      Object.keys(
        (await world.client.find(configMaps, { namespace: RELEASE.namespace, name: "troupe-sweep" }))?.data ?? {},
      );
    t.deepEqual(await left(), [uid], "it is remembered in the operator's own namespace, which it does not watch");
    await eventually("it is said that something was left", async () => {
      const { items } = await world.client.list(events, { namespace: place.namespace });
      return items.some(({ reason }) => reason === "CleanUpAbandoned");
    });
    await world.nats.start();
    await eventually("it is swept", async () => (await left()).length === 0);
    await eventually("nothing is left, as soon as this test's own connection is back as well", async () => {
      return (await readCurrentRevision(bus, scope).catch(() => "not reached yet")) === null;
    });
    // All that this operator did it did while it had the third one's Pipeline before it, were it to look there.
    t.deepEqual(await auditedRequests(world, third.namespace), []);
    t.is((await third.pipeline("p"))?.status, undefined);
    t.deepEqual(await third.groups(), []);
    t.deepEqual((await auditedRights(world)).refused, []);
  },
);

let proxy: ApiProxy;

test.serial.before(async () => {
  proxy = await startApiProxy(world.plane);
  world.defer(async () => proxy[Symbol.asyncDispose]());
});

interface Outage {
  readonly name: string;
  readonly what: string;
  /** Has it happen, with a change meanwhile or right after. */
  readonly strike: (change: () => Promise<void>) => Promise<void>;
  /** Whether the operator has to list anew what it knew; else it may. */
  readonly isForgotten: boolean;
}

const OUTAGES: readonly Outage[] = [
  {
    name: "restarted",
    what: "the API server is killed and started again",
    strike: async (change) => {
      await world.plane.apiServer.restart();
      // It may refuse a request or two although it says that it is ready.
      await eventually("a change is taken", async () =>
        change().then(
          () => true,
          () => false,
        ),
      );
    },
    isForgotten: false,
  },
  {
    name: "compacted",
    what: "etcd forgets the versions that it had seen, while it is cut off",
    strike: async (change) => {
      proxy.shut();
      await change();
      await world.plane.compact();
      // The API server remembers changes by itself; it has to forget them, too.
      await world.plane.apiServer.restart();
      proxy.open();
    },
    isForgotten: true,
  },
  {
    name: "silent",
    what: "all its connections go silent, and nothing closes them",
    strike: async (change) => {
      proxy.silence();
      await change();
    },
    isForgotten: false,
  },
];

test.serial(
  "after every outage of its API server a change comes through, and what was deleted comes back",
  async (t) => {
    t.timeout(600_000);
    const place = new Place(world, WATCHED[1] ?? "");
    const kubeconfig = join(dirname(world.kubeconfig), "proxied.conf");
    await writeFile(kubeconfig, world.plane.config({ token: world.token, url: proxy.url }).exportConfig());
    const env = { TROUPE_WATCH_NAMESPACES: WATCHED.join(), TROUPE_WATCH_SECONDS: "3" };
    await using operator = new OperatorProcess(world, { kubeconfig, env });
    await operator.started();
    for (const { name, what, strike, isForgotten } of OUTAGES) {
      const free = `${name}-free`;
      const names = async (): Promise<readonly string[]> =>
        (await place.deployments())
          .filter(({ metadata }) => metadata.labels?.["troupe.dev/pipeline"] === name)
          .map(({ metadata }) => metadata.name);
      const replicas = async (): Promise<readonly unknown[]> =>
        (await place.deployments())
          .filter(({ metadata }) => metadata.labels?.["troupe.dev/group"] === free)
          .map(({ spec }) => spec?.replicas);
      const budget = { namespace: place.namespace, name: `${name}-g` };
      const isThere = async (): Promise<boolean> =>
        (await world.client.find(podDisruptionBudgets, budget)) !== undefined;
      await place.applyPipeline(name, ONE);
      await place.applyGroup(free, { replicas: 1 });
      await eventually("Deployments", async () => (await names()).length === 1 && (await replicas()).length === 1);
      await eventually("a budget", isThere);
      await place.until("pipeline", name, "Accepted", "True Valid");
      const before = await names();
      const asked = proxy.requests.length;

      await strike(async () => {
        await place.applyPipeline(name, { ...ONE, groups: [{ name: "g", concurrency: 2 }] });
        await place.applyGroup(free, { replicas: 2 });
        await world.client.delete(podDisruptionBudgets, budget);
      });
      const began = performance.now();
      await eventually(
        `a new template once ${what}`,
        async () => (await names()).some((each) => !before.includes(each)),
        LIMIT_MS,
      );
      await eventually(`two replicas once ${what}`, async () => (await replicas()).join() === "2", LIMIT_MS);
      await eventually(`the budget is back once ${what}`, isThere, LIMIT_MS);
      await eventually(
        `its status is of this generation once ${what}`,
        async () => {
          const found = await place.pipeline(name);
          return found?.status?.observedGeneration === found?.metadata.generation;
        },
        LIMIT_MS,
      );
      t.log(`${what}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
      const lists = proxy.requests.slice(asked).filter(({ path, isWatch }) => !isWatch && path.includes("/pipelines?"));
      if (isForgotten) t.true(lists.length > 0, "the versions that it knew were gone");
    }
  },
);
