import test from "ava";
import { connectBus, deleteStream, readCurrentRevision, readRevision, streamState } from "@troupe/protocol";
import { eventually } from "../../support/eventually.ts";
import { sharedWorld } from "./shared-world.ts";
import { Place } from "./world.ts";

const world = sharedWorld();

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
