/** Stored payloads go when nobody needs them, also those that never belonged to a job; aggregates are bounded and can always be emptied. */
import test from "ava";
import { mkdtemp, readdir, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import {
  BlobFolder,
  BlobStore,
  appendToStream,
  streamsOf,
  subjectsIn,
  subjectsOf,
  type StoredPayload,
} from "@troupe/protocol";
import { Engine, SCOPE, SINGLE, type Answer, type Draft } from "../../support/engine.ts";
import { eventually } from "../../support/eventually.ts";
import { json, type Work } from "../../support/scripted-agent.ts";

const LARGE = new TextEncoder().encode(JSON.stringify("x".repeat(40_000)));

/** The ids of the jobs that something is stored for. */
async function storedFor(engine: Engine): Promise<string[]> {
  const { allBlobs, blobsPrefix } = subjectsOf(SCOPE);
  const subjects = await subjectsIn(engine.bus, streamsOf(SCOPE).blobs, allBlobs);
  return [...new Set([...subjects.keys()].map((subject) => subject.slice(blobsPrefix.length).split(".")[0]!))].sort();
}

/** Submits what was stored before, as Troupe's client does. */
async function submitStored(engine: Engine, id: string, { kind, ref }: StoredPayload): Promise<Answer> {
  const headers = { "Troupe-Job-Id": id, "Troupe-Content": kind, "Troupe-Payload": JSON.stringify(ref) };
  return engine.ask("submit", undefined, headers);
}

test.serial(
  "the sweep takes what belongs to no job, and neither an upload that goes on nor what is still wanted",
  async (t) => {
    await using engine = await Engine.start({ ...SINGLE, jobs: { maxInFlight: 2 } });
    const sweepMs = 1_500;
    const coordinator = await engine.coordinator({ tuning: { sweepMs, pageMs: 20 } });
    const blobs = new BlobStore(engine.bus, SCOPE);
    const store = async (job: string, slot = "in"): Promise<StoredPayload> => blobs.put({ job, slot }, "json", LARGE);
    const agent = await engine.agent("g1", { work: async ({ run }) => store(run.job, "0") });
    await engine.submit("recorded", 1);
    t.is((await engine.outcome("recorded")).state, "done");
    await agent[Symbol.asyncDispose]();
    for (const id of ["open", "also-open"]) t.is((await submitStored(engine, id, await store(id))).error, undefined);
    const refused = await store("refused");
    await store("orphan");

    let chunks = 0;
    while (chunks < 27) {
      await appendToStream(engine.bus, subjectsOf(SCOPE).blob("slow.in.upload", chunks++), LARGE);
      t.is((await submitStored(engine, "refused", refused)).error?.code, "TooManyJobs");
      await delay(200);
    }
    t.deepEqual(await storedFor(engine), ["also-open", "open", "recorded", "refused", "slow"]);
    const { allBlobs } = subjectsOf(SCOPE);
    const left = [...(await subjectsIn(engine.bus, streamsOf(SCOPE).blobs, allBlobs)).keys()];
    t.is(left.filter((subject) => subject.includes(".slow.")).length, chunks, "every chunk of the upload is there");
    t.is((await coordinator.says("stored payloads that belonged to no job were removed"))["payloads"], 1);

    await eventually("given up, they are swept as well", async () => {
      const ids = await storedFor(engine);
      return !ids.includes("slow") && !ids.includes("refused");
    });
    await engine.agent("g1", {
      work: async ({ run }) => json("ref" in run.input ? (await blobs.get(run.input)).length : 0),
    });
    for (const id of ["open", "also-open"])
      t.deepEqual((await engine.outcome(id))["result"], { A: LARGE.length }, "and what is wanted can be read");
  },
);

test.serial("what an earlier run has left in a payload folder that was kept is swept at the start", async (t) => {
  const path = await mkdtemp(join(tmpdir(), "troupe-payloads-"));
  t.teardown(async () => rm(path, { recursive: true }));
  const payloads = new BlobFolder(join(path, "payloads"));
  await using engine = await Engine.start(SINGLE);
  const first = await engine.coordinator();
  await engine.submit("open", 1);
  await first[Symbol.asyncDispose]();
  for (const id of ["open.in.1", "orphan.in.1", "young.in.1"]) await payloads.write(id, LARGE);
  const files = async (): Promise<string[]> =>
    (await readdir(path, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name));
  const longAgo = new Date(Date.now() - 2 * 60 * 60_000);
  for (const file of await files()) if (!file.includes("young")) await utimes(file, longAgo, longAgo);

  const coordinator = await engine.coordinator({ payloads });
  t.is((await coordinator.says("stored payloads that belonged to no job were removed"))["payloads"], 1);
  const left = (await files()).map((file) => basename(file)).sort();
  t.deepEqual(
    left,
    ["open.in.1", "young.in.1"],
    "an open job needs its own, and what is young may be about to be named",
  );
});

/** The ids of the payloads in the blob stream. */
async function payloadsIn(engine: Engine): Promise<string[]> {
  const { allBlobs, blobsPrefix } = subjectsOf(SCOPE);
  const subjects = await subjectsIn(engine.bus, streamsOf(SCOPE).blobs, allBlobs);
  return [...subjects.keys()].map((subject) => subject.slice(blobsPrefix.length, subject.lastIndexOf("."))).sort();
}

test.serial(
  "an input stored anew for a known id outlives the record that expires before it is submitted",
  async (t) => {
    await using engine = await Engine.start({ ...SINGLE, jobs: { keepResultsSeconds: 3 } });
    await engine.coordinator({ tuning: { pageMs: 20 } });
    const blobs = new BlobStore(engine.bus, SCOPE);
    await engine.agent("g1", {
      work: async ({ run }) => {
        if ("ref" in run.input) await blobs.get(run.input);
        return blobs.put({ job: run.job, slot: "0" }, "json", LARGE);
      },
    });
    const store = async (): Promise<StoredPayload> => blobs.put({ job: "a", slot: "in" }, "json", LARGE);
    await submitStored(engine, "a", await store());
    const first = await engine.outcome("a");
    const { A: former } = first["stored"] as { A: StoredPayload };
    const anew = await store();
    await eventually("what the record held is gone", async () => !(await payloadsIn(engine)).includes(former.ref.id));
    t.deepEqual(await payloadsIn(engine), [anew.ref.id]);
    t.is((await submitStored(engine, "a", anew)).error, undefined);
    t.is((await engine.outcome("a")).state, "done", "its module has read the input");
  },
);

test.serial("the sweep leaves what a record holds and takes what else was stored for its job", async (t) => {
  await using engine = await Engine.start(SINGLE);
  await engine.coordinator({ tuning: { sweepMs: 500, pageMs: 20 } });
  const blobs = new BlobStore(engine.bus, SCOPE);
  const store = async (job: string): Promise<StoredPayload> => blobs.put({ job, slot: "0" }, "json", LARGE);
  await engine.agent("g1", {
    work: async ({ run }) => {
      await store(run.job); // as an execution that was lost before its result was heard of
      return store(run.job);
    },
  });
  await engine.submit("a", 1);
  const { stored } = await engine.outcome("a");
  const { A: kept } = stored as { A: StoredPayload };
  await eventually("the other one is gone", async () => (await payloadsIn(engine)).length === 1);
  t.deepEqual(await payloadsIn(engine), [kept.ref.id]);
});

const COLLECTING: Draft = {
  modules: [
    { name: "A", type: "trace", group: "g1" },
    { name: "Sum", type: "trace", group: "g2", dependsOn: ["A"], aggregate: true, expose: true },
  ],
  jobs: { keepResultsSeconds: 1 },
};

test.serial("a stored item whose job's record has expired is gone when it is consumed", async (t) => {
  await using engine = await Engine.start(COLLECTING);
  await engine.coordinator({ tuning: { pageMs: 20 } });
  const blobs = new BlobStore(engine.bus, SCOPE);
  const work: Work = async ({ run, items }) =>
    run.phase === "process" ? json(items.length) : blobs.put({ job: run.job, slot: "1" }, "json", LARGE);
  await engine.agent("g1");
  await engine.agent("g2", { work });
  await engine.submit("a", 1);
  await engine.outcome("a");
  await eventually(
    "its record expires",
    async () => (await engine.ask("status", { id: "a" })).error?.code === "JobNotFound",
  );
  t.deepEqual(await storedFor(engine), ["a"], "the aggregate holds it");
  await engine.ask("process", undefined, { "Troupe-Job-Id": "p" });
  t.deepEqual((await engine.outcome("p"))["result"], { Sum: 1 });
  await eventually("nothing is stored any more", async () => (await storedFor(engine)).length === 0);
});

test.serial(
  "full aggregates refuse jobs, for good, and are emptied by process, which is never refused for it",
  async (t) => {
    await using engine = await Engine.start(COLLECTING);
    await engine.coordinator({ tuning: { maxInlineBytes: 256 * 1024 } });
    const work: Work = ({ run, items }) => json(run.phase === "process" ? items.length : "x".repeat(20_000));
    await engine.agent("g1");
    await engine.agent("g2", { work });
    let taken = 0;
    let answer = await engine.submit("job-0", 1);
    for (; answer.error === undefined; answer = await engine.submit(`job-${taken}`, 1)) {
      t.is((await engine.outcome(`job-${taken++}`)).state, "done");
      t.true(taken < 10);
    }
    t.is(answer.error.code, "AggregateFull");
    t.is(answer.error.message, "the pipeline's aggregates hold more than 0.1 MiB");
    t.is(answer.error.hint, "run `process`, which empties them");
    t.is(answer.error["retryAfterMs"], undefined, "waiting is no cure");
    t.is((await engine.ask("process", undefined, { "Troupe-Job-Id": "p" })).error, undefined);
    t.deepEqual((await engine.outcome("p"))["result"], { Sum: taken });
    t.is((await engine.submit("next", 1)).error, undefined);
  },
);
