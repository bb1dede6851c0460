/** A server with little room to set aside gets smaller streams, and those that fill up grow as far as there is room. */
import test from "ava";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { findNatsServer } from "@troupe/local";
import {
  appendToStream,
  connectBus,
  JetStreamError,
  streamsOf,
  streamState,
  subjectsOf,
  type Bus,
  type Scope,
} from "@troupe/protocol";
import { streamSizes, STREAMS, type StreamKind } from "../../../coordinator/src/shell/stream-sizes.ts";
import { ensureStreams, roomOf } from "../../../coordinator/src/shell/streams.ts";
import { eventually } from "../../support/eventually.ts";
import { scopeNamed } from "../../support/fleet.ts";

const MEBI = 1024 * 1024;

/** A nats-server that sets aside so many MiB in all. */
async function withRoom(mebibytes: number, work: (bus: Bus) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "troupe-room-"));
  const conf = [
    `listen: "127.0.0.1:-1"`,
    `ports_file_dir: ${JSON.stringify(folder)}`,
    `jetstream { store_dir: ${JSON.stringify(folder)}, max_file_store: ${mebibytes * MEBI} }`,
  ];
  await writeFile(join(folder, "nats.conf"), conf.join("\n"));
  const binary = findNatsServer({ root: resolve(import.meta.dirname, "../../.."), env: process.env });
  const server = spawn(binary, ["-c", join(folder, "nats.conf")], { stdio: "ignore" });
  try {
    let url = "";
    await eventually("nats-server listens", async () => {
      const text = await readFile(join(folder, `nats-server_${server.pid ?? 0}.ports`), "utf8").catch(() => "");
      if (!text.trim().endsWith("}")) return false;
      url = (JSON.parse(text) as { nats: string[] }).nats[0]!;
      return true;
    });
    await using bus = await connectBus({ url, name: "test" });
    await work(bus);
  } finally {
    server.kill("SIGKILL");
    await once(server, "exit");
    await rm(folder, { recursive: true, force: true });
  }
}

async function limitsOf(bus: Bus, scope: Scope): Promise<Record<StreamKind, number>> {
  const limits = { journal: 0, snapshots: 0, records: 0, blobs: 0 };
  for (const kind of STREAMS) limits[kind] = (await streamState(bus, streamsOf(scope)[kind]))?.maxBytes ?? 0;
  return limits;
}

test.serial("streams are halved until they fit, and a pipeline that finds no room at all is told so", async (t) => {
  await withRoom(440, async (bus) => {
    const sizes = streamSizes(1_040 * MEBI);
    const first = scopeNamed("first");
    await ensureStreams(bus, first, sizes);
    // Of 440 MiB the buckets take 336; of the rest, journal, snapshots and records take 16, 20 and 20; 40 would fit for blobs, and half of that leaves something for others.
    t.deepEqual(await limitsOf(bus, first), {
      journal: 16 * MEBI,
      snapshots: 20 * MEBI,
      records: 20 * MEBI,
      blobs: 20 * MEBI,
    });
    const second = scopeNamed("second");
    await ensureStreams(bus, second, sizes);
    const limits = Object.values(await limitsOf(bus, second)).map((bytes) => bytes / MEBI);
    t.log(`the second has ${limits.join(", ")} MiB`);
    for (const limit of limits) t.true(limit >= 0.25 && limit <= 16);
    const error = await t.throwsAsync(
      async () => {
        for (let index = 0; index < 40; index++) await ensureStreams(bus, scopeNamed(`more-${index}`), sizes);
      },
      { instanceOf: JetStreamError },
    );
    t.regex(error.message, /insufficient storage/);
  });
});

test.serial("a stream that fills up grows up to its limit, or as far as the server has room", async (t) => {
  await withRoom(440, async (bus) => {
    const scope = scopeNamed("film");
    const sizes = { journal: 40 * MEBI, snapshots: MEBI, records: MEBI, blobs: MEBI };
    await ensureStreams(bus, scope, sizes);
    t.is((await limitsOf(bus, scope)).journal, 16 * MEBI);
    const fill = async (mebibytes: number): Promise<void> => {
      const chunk = new Uint8Array(MEBI / 2);
      for (let half = 0; half < 2 * mebibytes; half++) await appendToStream(bus, subjectsOf(scope).journal, chunk);
    };
    await roomOf(bus, scope, { sizes, journalWanted: 0 });
    t.is((await limitsOf(bus, scope)).journal, 16 * MEBI, "nothing is in it yet");
    await fill(8);
    t.is((await roomOf(bus, scope, { sizes, journalWanted: 0 })).journalLimit, 32 * MEBI);
    await fill(6);
    t.is((await roomOf(bus, scope, { sizes, journalWanted: 0 })).journalLimit, 40 * MEBI, "its limit");
    await fill(16);
    const room = await roomOf(bus, scope, { sizes, journalWanted: 0 });
    t.is(room.journalLimit, 40 * MEBI);
    t.regex(room.full ?? "", /the journal stream .* holds 30 of 40 MiB/);

    const larger = { ...sizes, journal: 1_000 * MEBI };
    t.is((await roomOf(bus, scope, { sizes: larger, journalWanted: 0 })).journalLimit, 80 * MEBI);
    await fill(4);
    t.is(
      (await roomOf(bus, scope, { sizes: larger, journalWanted: 0 })).journalLimit,
      80 * MEBI,
      "the server has no more to set aside",
    );
  });
});
