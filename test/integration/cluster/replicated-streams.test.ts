/** Streams on three servers: every stream and bucket is on all of them, and the loss of any one loses nothing. */
import test, { type ExecutionContext } from "ava";
import {
  connectBus,
  currentRevisionKey,
  ensureBuckets,
  JetStreamError,
  lastMessageAtLeader,
  listStreams,
  publishRevision,
  readCurrentRevision,
  streamsOf,
  subjectsOf,
  type Bus,
} from "@troupe/protocol";
import { streamInfo } from "../../../protocol/src/bus/jetstream.ts";
import { streamSizes } from "../../../coordinator/src/shell/stream-sizes.ts";
import { ensureStreams } from "../../../coordinator/src/shell/streams.ts";
import { CoordinatorProcess } from "../../support/coordinators.ts";
import { revisionOf, SCOPE, SINGLE } from "../../support/engine.ts";
import { eventually } from "../../support/eventually.ts";
import { natsServers, type NatsServers } from "../../support/nats-servers.ts";
import { scriptedAgent } from "../../support/scripted-agent.ts";

const MEBI = 1024 * 1024;
const SYNCED = "sync_interval: always";
const REPLICAS = { TROUPE_STREAM_REPLICAS: "3", TROUPE_STREAM_BYTES: "208Mi" };
const { journal, snapshots, records, blobs } = streamsOf(SCOPE);
/** In the order of their names. */
const FOUR = [blobs, journal, records, snapshots];
const BUCKETS = ["KV_TROUPE_LOAD", "KV_TROUPE_OWNERS", "KV_TROUPE_REVISIONS"];

/** Refused, or without an answer: a cluster that elects leaders is asked again. */
function soon(what: string, work: () => Promise<unknown>): Promise<void> {
  return eventually(
    what,
    async () =>
      work().then(
        () => true,
        () => false,
      ),
    90_000,
  );
}

/** On how many servers each stream of the account is kept. */
async function replicasOf(bus: Bus): Promise<Record<string, number>> {
  const names = (await listStreams(bus)).toSorted();
  const counts = await Promise.all(
    names.map(async (name) => (await streamInfo(bus, name, {})).object("config").number("num_replicas")),
  );
  return Object.fromEntries(names.map((name, index) => [name, counts[index] ?? 0]));
}

/** The name of the server that leads a stream. */
async function leaderOf(bus: Bus, stream: string): Promise<string> {
  return (await streamInfo(bus, stream, {})).object("cluster").string("leader");
}

interface Reply {
  readonly state?: string;
  readonly id?: string;
}

/** Asks the door until it gives an answer that is no error. */
async function ask(bus: Bus, operation: "submit" | "result", body: unknown, headers = {}): Promise<Reply> {
  let reply: Reply = {};
  await soon(`the owner answers ${operation}`, async () => {
    const data = new TextEncoder().encode(JSON.stringify(body));
    const answer = await bus.request(subjectsOf(SCOPE).door(operation), data, { timeoutMs: 3_000, headers });
    const said = JSON.parse(new TextDecoder().decode(answer.data)) as Reply & { readonly error?: unknown };
    if (answer.status >= 400 || said.error !== undefined) throw new Error("not yet");
    reply = said;
  });
  return reply;
}

async function outcome(bus: Bus, id: string): Promise<string | undefined> {
  let state: string | undefined;
  await eventually(
    `job ${id} has ended`,
    async () => (state = (await ask(bus, "result", { id })).state) !== "pending",
    60_000,
  );
  return state;
}

async function submitAll(bus: Bus, ids: readonly string[]): Promise<void> {
  await Promise.all(ids.map(async (id) => ask(bus, "submit", id, { "Troupe-Job-Id": id })));
}

/** A pipeline with its coordinator and one agent on those servers. */
async function startPipeline(servers: NatsServers, stack: AsyncDisposableStack): Promise<Bus> {
  const bus = stack.use(await connectBus({ url: servers.url, name: "test" }));
  await soon("the buckets are made", async () => ensureBuckets(bus, 3));
  const revision = revisionOf(SINGLE);
  await soon("the revision is there", async () => publishRevision(bus, SCOPE, revision));
  const coordinator = stack.use(new CoordinatorProcess(servers.url, SCOPE, "coordinator-0", REPLICAS));
  await coordinator.owns();
  stack.use(await scriptedAgent({ url: servers.url, scope: SCOPE, revision, group: "g1", permits: 4 }));
  return bus;
}

const named = (prefix: string): string[] => Array.from({ length: 40 }, (_, index) => `${prefix}-${index}`);

test.serial("every stream and bucket is on three servers, and the one that leads the journal may die", async (t) => {
  t.timeout(300_000);
  await using stack = new AsyncDisposableStack();
  const servers = stack.use(await natsServers(SYNCED, 3));
  const bus = await startPipeline(servers, stack);
  t.deepEqual(await replicasOf(bus), Object.fromEntries([...BUCKETS, ...FOUR].map((name) => [name, 3])));
  await submitAll(bus, named("before"));
  await checkDone(t, bus, named("before"));
  const leader = await leaderOf(bus, journal);
  const during = submitAll(bus, named("during"));
  await servers.kill(leader);
  await during;
  await checkDone(t, bus, named("during"));
  await checkDone(t, bus, named("before"));
  t.not(await leaderOf(bus, journal), leader);
});

async function checkDone(t: ExecutionContext, bus: Bus, ids: readonly string[]): Promise<void> {
  for (const id of ids) t.is(await outcome(bus, id), "done", id);
}

test.serial(
  "streams that were made on one server come to three, and keep what they hold; they never come to fewer",
  async (t) => {
    t.timeout(300_000);
    await using servers = await natsServers(SYNCED, 3);
    await using bus = await connectBus({ url: servers.url, name: "test" });
    const sizes = streamSizes(208 * MEBI);
    await soon("streams on one server", async () => ensureStreams(bus, SCOPE, sizes));
    const all = (count: number): Record<string, number> =>
      Object.fromEntries([...BUCKETS, ...FOUR].map((name) => [name, count]));
    t.deepEqual(await replicasOf(bus), all(1));
    const revision = revisionOf(SINGLE);
    await publishRevision(bus, SCOPE, revision);
    await soon("all are on three servers", async () => {
      await ensureStreams(bus, SCOPE, sizes, 3);
      if (JSON.stringify(await replicasOf(bus)) !== JSON.stringify(all(3))) throw new Error("not yet");
    });
    await soon("they are looked after again", async () => ensureStreams(bus, SCOPE, sizes, 1));
    t.deepEqual(await replicasOf(bus), all(3));
    t.is(await readCurrentRevision(bus, SCOPE), revision.id);
    const leaders = async (key: string): Promise<string | undefined> =>
      (await lastMessageAtLeader(bus, "KV_TROUPE_REVISIONS", `$KV.TROUPE_REVISIONS.${key}`))?.data.toString();
    t.is(await leaders(currentRevisionKey(SCOPE)), JSON.stringify(revision.id), "as the leader has it");
    t.is(await leaders("none"), undefined);
  },
);

test.serial("a server that is no cluster says so, with the cure", async (t) => {
  await using servers = await natsServers(SYNCED);
  await using bus = await connectBus({ url: servers.url, name: "test" });
  const error = await t.throwsAsync(ensureBuckets(bus, 3), { instanceOf: JetStreamError });
  t.regex(error.message, /kept on 3 servers, and this NATS is no cluster .*nats\.jetstream\.replicas\) to 1/);
});
