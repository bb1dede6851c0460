/**
 * A pipeline that goes on and on grows neither in NATS nor in memory (E10): what streams, buckets and processes hold after many jobs is what they
 * held after a tenth of them. Counts and bytes, no times.
 */
import test, { type ExecutionContext } from "ava";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { startLocal, type LocalSystem } from "@troupe/local";
import { compileRevision, type PipelineManifest } from "@troupe/model";
import { connectBus, streamsOf, streamState, subjectsIn, type Bus, type StreamNames } from "@troupe/protocol";
import { connect, type PipelineClient } from "@troupe/sdk";
import { eventually } from "../support/eventually.ts";
import { ASKS_FOR_HEAP } from "./modules.ts";

const SOAK = process.env["TROUPE_SOAK"] === "1";
const JOBS = Number(process.env["TROUPE_SOAK_JOBS"] ?? (SOAK ? 200_000 : 20_000));
const FIRST = JOBS / 10;
const WINDOW = 200;
/** Of so many jobs one has an input that is too large for a message. */
const LARGE_EVERY = 200;
const LARGE = "x".repeat(40_000);
const MEBI = 1024 * 1024;
/** A snapshot is due after 16 MiB of journal; what comes while it is written is more. */
const JOURNAL_BYTES = 24 * MEBI;
/** No frame is smaller. */
const FRAME_BYTES = 150;
/** What of the state is left when all records have expired fits into a part or two. */
const SNAPSHOT_PARTS = 4;
/** Old space of every process. One that kept 300 bytes of each of 200,000 jobs would end for want of memory, and be started again. */
const HEAP_MEBIBYTES = 64;
/** The heap of a thread that runs modules may grow by so much: in a long run by 46 bytes a job. */
const HOST_BYTES = 8 * MEBI;
/** Resident memory is no measure of what is kept: it holds what was not collected yet. Beyond this it is something else. */
const MORE_MEBIBYTES = 160;

/** Jobs open at a time whose payloads stand in messages and in the journal, and jobs in all. */
const OPEN = 400;
const INLINE_JOBS = SOAK ? 20_000 : 1_500;
/** Twice what it takes on a busy machine; a pod of it has 1 GiB. */
const INLINE_MEBIBYTES = 640;

const MANIFEST: PipelineManifest = {
  apiVersion: "troupe.dev/v1alpha1",
  kind: "Pipeline",
  metadata: { name: "soak" },
  spec: {
    modules: [
      { name: "first", type: "soak-first", group: "g1" },
      { name: "second", type: "soak-second", group: "g2", dependsOn: ["first"], expose: true },
    ],
    jobs: { keepResultsSeconds: 1 },
  },
};

/** What there is once everything has ended and every record has expired. */
interface Held {
  readonly streams: Readonly<Record<keyof StreamNames, { readonly messages: number; readonly bytes: number }>>;
  /** Subjects of the buckets' streams. */
  readonly keys: readonly string[];
  readonly keyMessages: number;
  readonly payloadFiles: number;
  /** Heaps in use of the threads that run modules, by group, in bytes. */
  readonly hosts: Readonly<Record<string, number>>;
  /** Resident memory by process, in MiB; empty where /proc does not tell. */
  readonly memory: ReadonlyMap<string, number>;
}

test.serial(`after ${JOBS} jobs a pipeline holds what it held after ${FIRST}`, async (t) => {
  t.timeout(SOAK ? 90 * 60_000 : 15 * 60_000);
  // For the processes that it starts; this one has its memory already.
  process.env["NODE_OPTIONS"] = `--max-old-space-size=${HEAP_MEBIBYTES}`;
  await using system = await startLocal({
    revision: compileRevision(MANIFEST, { namespace: "local" }),
    moduleFiles: [join(import.meta.dirname, "modules.ts")],
    onLog: () => undefined,
  });
  await using bus = await connectBus({ url: system.natsUrl, name: "soak" });
  await using client = await connect({ nats: system.natsUrl, pipeline: "soak", uid: system.scope.uid });
  await client.run("its streams are there");
  await run(t, client, 0, FIRST);
  const early = { ...(await held(system, bus)), hosts: await heapsOf(client) };
  await run(t, client, FIRST, JOBS);
  const late = { ...(await held(system, bus)), hosts: await heapsOf(client) };
  for (const [when, what] of [
    [FIRST, early],
    [JOBS, late],
  ] as const)
    t.log(`after ${when} jobs: ${textOf(what)}`);

  for (const { streams, payloadFiles } of [early, late]) {
    t.true(streams.journal.bytes <= JOURNAL_BYTES, `${streams.journal.bytes} bytes of journal`);
    t.true(streams.journal.messages <= JOURNAL_BYTES / FRAME_BYTES, `${streams.journal.messages} frames`);
    t.true(streams.snapshots.messages <= SNAPSHOT_PARTS, `${streams.snapshots.messages} parts of snapshots`);
    t.true(streams.snapshots.bytes <= MEBI, `${streams.snapshots.bytes} bytes of snapshots`);
    t.is(streams.records.messages, 0, "records");
    t.is(streams.blobs.messages, 0, "stored inputs");
    t.is(payloadFiles, 0, "stored results");
  }
  t.deepEqual(late.keys, early.keys, "keys of buckets");
  t.is(late.keyMessages, early.keyMessages, "messages of buckets");
  for (const [group, bytes] of Object.entries(late.hosts)) {
    const before = early.hosts[group] ?? 0;
    t.true(bytes <= before + HOST_BYTES, `the host of ${group} holds ${bytes} bytes, and held ${before}`);
  }
  t.deepEqual(Object.keys(late.hosts), ["g1", "g2"]);
  for (const [name, mebibytes] of late.memory) {
    const before = early.memory.get(name) ?? 0;
    t.true(mebibytes <= before + MORE_MEBIBYTES, `${name} takes ${mebibytes} MiB, and took ${before}`);
  }
  t.is(
    system.processes().reduce((sum, { restarts }) => sum + restarts, 0),
    0,
    "no process was started again",
  );
});

test.serial(`${OPEN} jobs with 30 KiB at a time bring the coordinator nowhere near its limit`, async (t) => {
  t.timeout(SOAK ? 60 * 60_000 : 15 * 60_000);
  await using system = await startLocal({
    revision: compileRevision(MANIFEST, { namespace: "local" }),
    moduleFiles: [join(import.meta.dirname, "modules.ts")],
    onLog: () => undefined,
  });
  await using client = await connect({ nats: system.natsUrl, pipeline: "soak", uid: system.scope.uid });
  const text = "x".repeat(30_000);
  const inputsOf30Kib = Array.from({ length: INLINE_JOBS }, () => text);
  let most = 0;
  let done = 0;
  for await (const outcome of client.outcomes(inputsOf30Kib, { concurrency: OPEN, order: "completion" })) {
    if (outcome.state !== "done") throw new Error(`job ${outcome.id} ended as ${outcome.state}`);
    if (++done % 100 === 0) most = Math.max(most, memoryOf(system).get("coordinator-0") ?? 0);
  }
  t.is(done, INLINE_JOBS);
  t.log(`the coordinator took ${most} MiB at most`);
  t.is(most > 0, process.platform === "linux");
  t.true(most < INLINE_MEBIBYTES, `it took ${most} MiB`);
});

async function run(t: ExecutionContext, client: PipelineClient, from: number, to: number): Promise<void> {
  let done = 0;
  for await (const outcome of client.outcomes(inputs(from, to), { concurrency: WINDOW, order: "completion" })) {
    if (outcome.state !== "done") throw new Error(`job ${outcome.id} ended as ${outcome.state}`);
    done++;
    if (done % 5_000 === 0) process.stderr.write(`${from + done} of ${JOBS} jobs\n`);
  }
  t.is(done, to - from);
}

function* inputs(from: number, to: number): Generator<string> {
  for (let index = from; index < to; index++) yield index % LARGE_EVERY === 0 ? LARGE : `job ${index}`;
}

/** What the modules say of their threads. */
async function heapsOf(client: PipelineClient): Promise<Held["hosts"]> {
  return (await client.run(ASKS_FOR_HEAP))["second"] as Held["hosts"];
}

async function held(system: LocalSystem, bus: Bus): Promise<Omit<Held, "hosts">> {
  const names = streamsOf(system.scope);
  const stateOf = async (name: string): Promise<{ messages: number; bytes: number }> => {
    const { messages = 0, bytes = 0 } = (await streamState(bus, name)) ?? {};
    return { messages, bytes };
  };
  await eventually("every record has expired", async () => (await stateOf(names.records)).messages === 0, 120_000);
  await eventually(
    "what was stored is gone",
    async () => (await stateOf(names.blobs)).messages === 0 && filesIn(system.payloads) === 0,
    120_000,
  );
  const buckets = ["KV_TROUPE_REVISIONS", "KV_TROUPE_OWNERS", "KV_TROUPE_LOAD"];
  const subjects = await Promise.all(buckets.map(async (bucket) => subjectsIn(bus, bucket, ">")));
  return {
    streams: {
      journal: await stateOf(names.journal),
      snapshots: await stateOf(names.snapshots),
      records: await stateOf(names.records),
      blobs: await stateOf(names.blobs),
    },
    keys: subjects.flatMap((found) => [...found.keys()]).sort(),
    keyMessages: subjects.flatMap((found) => [...found.values()]).reduce((sum, count) => sum + count, 0),
    payloadFiles: filesIn(system.payloads),
    memory: memoryOf(system),
  };
}

function filesIn(folder: string): number {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length;
  } catch {
    return 0; // nothing was ever stored
  }
}

function memoryOf(system: LocalSystem): ReadonlyMap<string, number> {
  const memory = new Map<string, number>();
  if (process.platform !== "linux") return memory;
  for (const { name, pid } of system.processes()) {
    const kibibytes = Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
    memory.set(name, Math.round(kibibytes / 1024));
  }
  return memory;
}

function textOf({ streams, keys, payloadFiles, hosts, memory }: Held): string {
  const streamTexts = Object.entries(streams).map(
    ([name, { messages, bytes }]) => `${name} ${messages} messages, ${(bytes / MEBI).toFixed(1)} MiB`,
  );
  const hostTexts = Object.entries(hosts).map(([group, bytes]) => `host of ${group} ${(bytes / MEBI).toFixed(1)} MiB`);
  const memoryTexts = [...memory].map(([name, mebibytes]) => `${name} ${mebibytes} MiB`);
  return [...streamTexts, `${keys.length} keys`, `${payloadFiles} files`, ...hostTexts, ...memoryTexts].join("; ");
}
