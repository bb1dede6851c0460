/** What Pipelines say of the durability of NATS, on servers that are set up one way and another. */
import test from "ava";
import { findNatsServer } from "@troupe/local";
import { connectBus, ensureStream, streamsOf, subjectsOf } from "@troupe/protocol";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { OperatorConfig } from "../../../operator/src/config.ts";
import { Daemon } from "../../support/daemon.ts";
import { eventually } from "../../support/eventually.ts";
import { freePorts } from "../../support/free-ports.ts";
import { configOf, Place, startWorld, type World } from "./world.ts";

let world: World;

test.before(async () => {
  world = await startWorld();
});

test.after.always(async () => {
  await world[Symbol.asyncDispose]();
});

const ONE = { source: { image: "example.test/modules:1" }, modules: [{ name: "A", type: "example", group: "g" }] };

interface Servers extends AsyncDisposable {
  readonly url: string;
  /** Of all of them. */
  readonly monitorUrls: readonly string[];
}

/** nats-servers, more than one as a cluster. @param jetstream what stands in that block beside the store; null: it is off */
async function natsServers(jetstream: string | null, count = 1): Promise<Servers> {
  const folder = await mkdtemp(join(tmpdir(), "troupe-test-"));
  const command = findNatsServer({ root: resolve(import.meta.dirname, "../../.."), env: process.env });
  const ports = await freePorts(3 * count);
  const [clients, monitors, routes] = [0, 1, 2].map((part) => ports.slice(part * count, (part + 1) * count)) as [
    number[],
    number[],
    number[],
  ];
  const monitorUrls = monitors.map((port) => `http://127.0.0.1:${port}`);
  const daemons = await Promise.all(
    clients.map(async (port, index) => {
      const settings = [
        `server_name: s${index}`,
        `listen: "127.0.0.1:${port}"`,
        `http: "127.0.0.1:${monitors[index]}"`,
        ...(jetstream === null
          ? []
          : [`jetstream { store_dir: ${JSON.stringify(join(folder, `s${index}`))}\n ${jetstream} }`]),
        ...(count === 1
          ? []
          : [
              `cluster { name: c, listen: "127.0.0.1:${routes[index]}", ` +
                `routes: [${routes.map((route) => `"nats://127.0.0.1:${route}"`).join(", ")}] }`,
            ]),
      ];
      const file = join(folder, `s${index}.conf`);
      await writeFile(file, settings.join("\n"));
      const healthz = `${monitorUrls[index]}/healthz${jetstream === null ? "" : "?js-enabled-only=true"}`;
      return new Daemon({
        command,
        args: ["-c", file],
        isReady: async () =>
          fetch(healthz).then(
            ({ ok }) => ok,
            () => false,
          ),
      });
    }),
  );
  await Promise.all(daemons.map(async (daemon) => daemon.start()));
  return {
    url: clients.map((port) => `nats://127.0.0.1:${port}`).join(","),
    monitorUrls,
    [Symbol.asyncDispose]: async () => {
      for (const daemon of daemons) await daemon.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

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
  t.regex(await messageOf(place), /Set sync_interval: always .*nats\.external\.monitorUrls.* --replicas 3/);
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
