import test from "ava";
import { connectBus, deleteStream, readCurrentRevision, readRevision, streamState } from "@troupe/protocol";
import { eventually } from "../../support/eventually.ts";
import { sharedWorld } from "./shared-world.ts";
import { Place } from "./world.ts";

const world = sharedWorld();

const FILM = {
  source: { configMap: "film-modules" },
  modules: [
    { name: "A", type: "example", group: "g1" },
    { name: "B", type: "example", group: "g2", dependsOn: ["A"], parameters: { seconds: 5 } },
    { name: "C", type: "example", group: "g3", dependsOn: ["B"], expose: true },
  ],
  groups: [{ name: "g2", replicas: 3, resources: { cpu: "500m", memory: "1Gi", gpu: 1 } }],
};

test.serial("a Pipeline becomes Groups, Deployments and a revision that coordinators can read", async (t) => {
  const place = await Place.in(world);
  await place.applyModules("film-modules", { "film.ts": "export {};" });
  const { metadata } = await place.applyPipeline("film", FILM);
  await eventually("three Deployments", async () => (await place.deployments()).length === 3);
  t.deepEqual(
    (await place.groups()).map((group) => group.metadata.name),
    ["film-g1", "film-g2", "film-g3"],
  );
  const two = (await place.deployments()).find(
    (deployment) => deployment.metadata.labels?.["troupe.dev/group"] === "g2",
  );
  t.is(two?.spec?.replicas, 3);
  t.deepEqual(two?.spec?.template.spec?.containers[0]?.resources, {
    requests: { cpu: "500m", memory: "1Gi" },
    limits: { memory: "1Gi", "nvidia.com/gpu": "1" },
  });
  await using bus = await connectBus({ url: world.nats.url, name: "test" });
  const scope = { namespace: place.namespace, pipeline: "film", uid: metadata.uid };
  await eventually("a current revision", async () => (await readCurrentRevision(bus, scope)) !== null);
  const id = await readCurrentRevision(bus, scope);
  t.like(await readRevision(bus, scope, id ?? ""), { pipeline: "film", namespace: place.namespace });
  await place.until("pipeline", "film", "Accepted", "True Valid");
  t.is((await place.pipeline("film"))?.status?.revision, id ?? "");
  t.deepEqual(world.complaints, []);
});

const ONE = { source: { image: "example.test/modules:1" }, modules: [{ name: "A", type: "example", group: "g" }] };

test.serial("a bucket that NATS has lost is made anew, with the revisions that are kept", async (t) => {
  const place = await Place.in(world);
  const { metadata } = await place.applyPipeline("p", ONE);
  const scope = { namespace: place.namespace, pipeline: "p", uid: metadata.uid };
  await using bus = await connectBus({ url: world.nats.url, name: "test" });
  await eventually("a revision", async () => (await readCurrentRevision(bus, scope)) !== null);
  const first = (await readCurrentRevision(bus, scope)) ?? "";
  await place.applyPipeline("p", { ...ONE, sharedParameters: { a: 1 } });
  await eventually("another", async () => (await readCurrentRevision(bus, scope)) !== first);
  const second = await readCurrentRevision(bus, scope);
  await deleteStream(bus, "KV_TROUPE_REVISIONS");
  await world.nats.restart();
  await eventually("it is back", async () => {
    if ((await streamState(bus, "KV_TROUPE_REVISIONS").catch(() => null)) === null) return false;
    return (await readCurrentRevision(bus, scope).catch(() => null)) === second;
  });
  t.not(await readRevision(bus, scope, first), null);
});
