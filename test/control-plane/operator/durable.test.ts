/** What Pipelines say of the durability of NATS, on servers that are set up one way and another. */
import test from "ava";
import { connectBus, ensureStream, streamsOf, subjectsOf } from "@troupe/protocol";
import type { OperatorConfig } from "../../../operator/src/config.ts";
import { eventually } from "../../support/eventually.ts";
import { natsServers } from "../../support/nats-servers.ts";
import { sharedWorld } from "./shared-world.ts";
import { configOf, Place } from "./world.ts";

const world = sharedWorld({ operator: false });

const ONE = { source: { image: "example.test/modules:1" }, modules: [{ name: "A", type: "example", group: "g" }] };

/** As a coordinator makes them. */
async function makeStreams(url: string, place: Place, uid: string, replicas: number): Promise<void> {
  const scope = { namespace: place.namespace, pipeline: "p", uid };
  const { journal, snapshots, records, allBlobs: blobs } = subjectsOf(scope);
  const subjects = { journal, snapshots, records, blobs };
  await using bus = await connectBus({ url, name: "test" });
  for (const kind of ["journal", "snapshots", "records", "blobs"] as const) {
    const stream = {
      name: streamsOf(scope)[kind],
      subjects: [subjects[kind]],
      maxBytes: 1 << 20,
      discard: "new",
    } as const;
    // A cluster that has just been started takes a moment until it places streams.
    await eventually("the stream is made", async () =>
      ensureStream(bus, { ...stream, replicas }).then(
        () => true,
        () => false,
      ),
    );
  }
}

async function operatorOn(url: string, settings: Partial<OperatorConfig>): Promise<AsyncDisposable> {
  return world.startOperator({ ...configOf(url), natsStore: "external", ...settings });
}

async function messageOf(place: Place): Promise<string> {
  const conditions = (await place.pipeline("p"))?.status?.conditions ?? [];
  return conditions.find(({ type }) => type === "Durable")?.message ?? "";
}

test.serial("the installation's own server is durable on a volume, and is not without", async (t) => {
  const place = await Place.in(world);
  await place.applyPipeline("p", ONE);
  {
    await using _ = await world.startOperator({ natsStore: "synced" });
    await place.until("pipeline", "p", "Durable", "True Synced");
  }
  await using _ = await world.startOperator({ natsStore: "ephemeral" });
  await place.until("pipeline", "p", "Durable", "False NotPersistent");
  t.regex(await messageOf(place), /Set nats\.persistence\.enabled=true/);
});

test.serial("an external server that shows nothing is not known to be durable, with the cure", async (t) => {
  await using servers = await natsServers("sync_interval: always");
  await using _ = await operatorOn(servers.url, {});
  const place = await Place.in(world);
  await place.applyPipeline("p", ONE);
  await place.until("pipeline", "p", "Durable", "Unknown NotProven");
  t.regex(
    await messageOf(place),
    /Set sync_interval: always .*nats\.external\.monitorUrls.*nats\.jetstream\.replicas=3/,
  );
});

test.serial("an external server whose monitoring shows that it syncs every append is durable", async (t) => {
  await using servers = await natsServers("sync_interval: always");
  await using _ = await operatorOn(servers.url, { natsMonitorUrls: servers.monitorUrls });
  const place = await Place.in(world);
  await place.applyPipeline("p", ONE);
  await place.until("pipeline", "p", "Durable", "True Synced");
  t.pass();
});

test.serial("one that syncs now and then is not, once it has streams", async (t) => {
  await using servers = await natsServers("sync_interval: 2m");
  const place = await Place.in(world);
  const { metadata } = await place.applyPipeline("p", ONE);
  await makeStreams(servers.url, place, metadata.uid, 1);
  await using _ = await operatorOn(servers.url, { natsMonitorUrls: servers.monitorUrls });
  await place.until("pipeline", "p", "Durable", "False NotSynced");
  t.regex(await messageOf(place), /when they lose power, accepted jobs are lost/);
});

test.serial("streams on three servers are durable", async (t) => {
  await using servers = await natsServers("sync_interval: 2m", 3);
  const place = await Place.in(world);
  const { metadata } = await place.applyPipeline("p", ONE);
  await makeStreams(servers.url, place, metadata.uid, 3);
  await using _ = await operatorOn(servers.url, {});
  await place.until("pipeline", "p", "Durable", "True Synced");
  t.is(await messageOf(place), "3 servers keep the pipeline's streams.");
});

test.serial("JetStream that is switched off is said by every condition that it concerns", async (t) => {
  await using servers = await natsServers(null);
  await using _ = await operatorOn(servers.url, {});
  const place = await Place.in(world);
  await place.applyPipeline("p", ONE);
  await place.until("pipeline", "p", "Ready", "False JetStreamDisabled");
  await place.until("pipeline", "p", "Stalled", "True JetStreamDisabled");
  await place.until("pipeline", "p", "Durable", "False JetStreamDisabled");
  t.regex((await place.pipeline("p"))?.status?.message ?? "", /JetStream is off on this NATS server or account/);
});
