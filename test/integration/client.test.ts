import {
  connect,
  JobCancelledError,
  JobFailedError,
  NoCoordinatorError,
  Pipeline,
  RefusedError,
  type PipelineClient,
} from "@troupe/sdk";
import { BlobStore, connectBus } from "@troupe/protocol";
import test from "ava";
import { eventually } from "../support/eventually.ts";
import { freePorts } from "../support/free-ports.ts";
import { testNats } from "../support/nats.ts";
import { SCOPE, smallOwner } from "../support/small-owner.ts";

async function clientOf(
  url: string,
  options: { coordinatorTimeoutMs?: number; timeline?: boolean } = {},
): Promise<PipelineClient> {
  return connect({ nats: url, pipeline: SCOPE.pipeline, uid: SCOPE.uid, ...options });
}

test("a job's result comes back under the names that it is exposed by", async (t) => {
  await using nats = await testNats();
  await using _owner = await smallOwner(nats.url);
  await using client = await clientOf(nats.url);
  t.deepEqual(await client.run({ n: 1 }), { out: { n: 1 } });
  t.deepEqual(await client.run(undefined), { out: null });
});

test("bytes go in and come out as bytes", async (t) => {
  await using nats = await testNats();
  await using _owner = await smallOwner(nats.url, {
    work: (_id, input) => ({ result: {}, binary: { out: Buffer.from(input as Uint8Array).toString("base64") } }),
  });
  await using client = await clientOf(nats.url);
  t.deepEqual(await client.run(new Uint8Array([1, 2, 255])), { out: new Uint8Array([1, 2, 255]) });
});

test("a large input is stored before it is submitted, and large results are fetched", async (t) => {
  await using nats = await testNats();
  const bus = await connectBus({ url: nats.url, name: "store" });
  const blobs = new BlobStore(bus, SCOPE);
  const text = "x".repeat(3_000_000);
  await using _owner = await smallOwner(nats.url, {
    work: async (id, input, message) => {
      t.is(input, null);
      const ref = JSON.parse(message.header("Troupe-Payload")) as {
        id: string;
        size: number;
        chunks: number;
        sha256: string;
      };
      const bytes = await blobs.get({ kind: "json", ref });
      const stored = await blobs.put({ job: id, slot: "0" }, "json", bytes);
      return { result: { small: 1 }, stored: { large: { kind: "json", ref: stored.ref } } };
    },
  });
  await using client = await clientOf(nats.url);
  t.deepEqual(await client.run(text), { small: 1, large: text });
  await bus.close();
});

test("a failed job rejects with where it failed, and as an outcome it is a value", async (t) => {
  await using nats = await testNats();
  const error = {
    code: "ModuleError",
    message: "boom",
    module: "B",
    group: "g2",
    replica: "g2-0",
    attempt: 3,
    stack: "Error: boom\n    at B",
  };
  await using _owner = await smallOwner(nats.url, { work: () => ({ state: "failed", error }) });
  await using client = await clientOf(nats.url);
  const failure = await t.throwsAsync(client.run(1), { instanceOf: JobFailedError });
  t.like(failure, { code: "ModuleError", message: "boom", module: "B", group: "g2", replica: "g2-0", attempt: 3 });
  t.is((failure.cause as Error).stack, error.stack);
  t.like(await client.outcome(1), { state: "failed", error });
});

test("many jobs come back in the order of their inputs, whatever order they end in", async (t) => {
  await using nats = await testNats();
  await using _owner = await smallOwner(nats.url, {
    work: async (_id, input) => {
      const n = Number(input);
      for (let turn = 0; turn < 20 - (n % 20); turn++) await new Promise(setImmediate);
      if (n === 7)
        return {
          state: "failed",
          error: { code: "ModuleError", message: "seven", module: "A", group: "g", replica: "g-0", attempt: 1 },
        };
      return { result: { n } };
    },
  });
  await using client = await clientOf(nats.url);
  const outcomes = await client.runMany(numbers(200), { concurrency: 50 });
  t.deepEqual(
    outcomes.map(({ index }) => index),
    [...numbers(200)],
  );
  t.deepEqual(
    outcomes.filter(({ state }) => state !== "done").map(({ index }) => index),
    [7],
  );
  t.true(outcomes.every((outcome) => outcome.state !== "done" || outcome.result["n"] === outcome.index));
});

test("results come as they end, and a refused input fills its place", async (t) => {
  await using nats = await testNats();
  await using _owner = await smallOwner(nats.url);
  await using client = await clientOf(nats.url);
  const seen = new Set<unknown>();
  for await (const result of client.results(numbers(30), { concurrency: 4 })) seen.add(result["out"]);
  t.is(seen.size, 30);
  const [good, bad] = await client.runMany([1, { big: 10n }]);
  t.is(good?.state, "done");
  t.like(bad, { state: "failed", error: { code: "InvalidInput" } });
});

test("leaving the loop cancels what is open, and takes no more inputs", async (t) => {
  await using nats = await testNats();
  await using owner = await smallOwner(nats.url, { work: (_id, input) => (input === 0 ? { result: {} } : undefined) });
  await using client = await clientOf(nats.url);
  let taken = 0;
  const inputs = function* (): Generator<number> {
    for (;;) yield taken++;
  };
  for await (const outcome of client.outcomes(inputs(), { concurrency: 3 })) {
    t.is(outcome.state, "done");
    break;
  }
  await eventually(
    "the others are cancelled",
    () => owner.cancelled.size > 0 && owner.cancelled.size === owner.submissions.size - 1,
  );
  t.true(taken <= 7);
});

test("an AbortSignal cancels the job; one that is aborted already submits nothing", async (t) => {
  await using nats = await testNats();
  await using owner = await smallOwner(nats.url, { work: () => undefined });
  await using client = await clientOf(nats.url);
  const controller = new AbortController();
  const running = client.run(1, { id: "slow", signal: controller.signal });
  await eventually("it is submitted", () => owner.submissions.has("slow"));
  controller.abort(new Error("enough"));
  const error = await t.throwsAsync(running, { instanceOf: JobCancelledError });
  t.is((error.cause as Error).message, "enough");
  t.true(owner.cancelled.has("slow"));
  await t.throwsAsync(client.run(1, { id: "never", signal: controller.signal }), { instanceOf: JobCancelledError });
  t.false(owner.submissions.has("never"));
});

test("a submission is sent again with the same id until an owner accepts it", async (t) => {
  await using nats = await testNats();
  await using owner = await smallOwner(nats.url, {
    refuse: (_id, attempt) =>
      [
        { code: "TooManyJobs", message: "1000 jobs are open", retryAfterMs: 100 },
        { code: "TooManyJobs", message: "1000 jobs are open", retryAfterMs: 10 },
      ][attempt - 1],
  });
  await using client = await clientOf(nats.url);
  t.deepEqual(await client.run("x", { id: "again" }), { out: "x" });
  t.is(owner.submissions.get("again"), 3);
});

test("a job outlives its owner's death and a restart of NATS, and outcomes that got lost are asked for", async (t) => {
  await using nats = await testNats();
  await using client = await clientOf(nats.url);
  const early = client.run("early", { id: "early" }); // nobody listens yet
  const owner = await smallOwner(nats.url, { silent: true });
  t.deepEqual(await early, { out: "early" });
  t.true(owner.waits.length > 0);
  await nats.restart();
  t.deepEqual(await client.run("late", { id: "late" }), { out: "late" });
  await owner[Symbol.asyncDispose]();
});

test("what an owner refuses is said with its code and hint", async (t) => {
  await using nats = await testNats();
  await using _owner = await smallOwner(nats.url, {
    refuse: () => ({ code: "Suspended", message: "the pipeline is suspended", hint: "Resume it" }),
  });
  await using client = await clientOf(nats.url);
  const refused = await t.throwsAsync(client.run(1), { instanceOf: RefusedError });
  t.is(refused.code, "Suspended");
  t.is(refused.message, "the pipeline is suspended. Resume it");
  await t.throwsAsync(client.submit(1), { instanceOf: RefusedError });
  await t.throwsAsync(client.job("nobody-knows-it").result(), { message: /there is no job nobody-knows-it/ });
  await t.throwsAsync(client.run(1, { id: "no spaces" }), { message: /is no job id/ });
});

test("an owner that never answers is named after a while, and nothing hangs", async (t) => {
  await using nats = await testNats();
  await using client = await clientOf(nats.url, { coordinatorTimeoutMs: 600 });
  const nobody = await t.throwsAsync(client.run(1), { instanceOf: NoCoordinatorError });
  t.regex(nobody.message, /pipeline local\/p .* no coordinator listens there\. 1 jobs wait/);
  await t.throwsAsync(client.job("x").status(), { instanceOf: NoCoordinatorError, message: /"status"/ });
  await using _owner = await smallOwner(nats.url, { refuse: () => null });
  await t.throwsAsync(client.run(1), { instanceOf: NoCoordinatorError, message: /nobody answers/ });
  await t.throwsAsync(client.runMany([1, 2, 3]), { instanceOf: NoCoordinatorError });
});

test("an owner that can confirm nothing has not answered, and the error says what it waits for", async (t) => {
  await using nats = await testNats();
  const unconfirmed = {
    code: "Unconfirmed",
    message: "the submission waits for the journal",
    hint: "Make room on the disk",
    retryAfterMs: 10,
  };
  const refuse = (id: string, attempt: number): object | undefined =>
    id === "lost" || attempt < 3 ? unconfirmed : undefined;
  await using owner = await smallOwner(nats.url, { refuse });
  await using client = await clientOf(nats.url);
  t.deepEqual(await client.run(1, { id: "late" }), { out: 1 });
  t.is(owner.submissions.get("late"), 3);
  await using hasty = await clientOf(nats.url, { coordinatorTimeoutMs: 3_000 });
  const message = /has answered for 3 s: the submission waits for the journal\. Make room on the disk\. 1 jobs wait/;
  await t.throwsAsync(hasty.run(1, { id: "lost" }), { instanceOf: NoCoordinatorError, message });
  await t.throwsAsync(hasty.submit(1, { id: "lost" }), {
    instanceOf: NoCoordinatorError,
    message: /waits for the journal/,
  });
});

test("a large input waits for the first coordinator, as a small one does, and names it when none comes", async (t) => {
  await using nats = await testNats();
  const large = "x".repeat(40_000);
  await using hasty = await clientOf(nats.url, { coordinatorTimeoutMs: 1 });
  await t.throwsAsync(hasty.run(large), { instanceOf: NoCoordinatorError, message: /"a large input"/ });
  await using client = await clientOf(nats.url);
  const outcome = client.run(large);
  await hasty.run(1).catch(() => undefined); // so that it was tried before there is an owner
  await using _owner = await smallOwner(nats.url, { work: () => ({ result: { out: "done" } }) });
  t.deepEqual(await outcome, { out: "done" });
});

test("a caller's time limit ends the wait and tells the job to stop", async (t) => {
  await using nats = await testNats();
  await using owner = await smallOwner(nats.url, { work: () => undefined });
  await using client = await clientOf(nats.url);
  await t.throwsAsync(client.run(1, { id: "long", timeoutMs: 50 }), {
    name: "JobTimeoutError",
    message: /job long .* did not end in time/,
  });
  await eventually("it is cancelled", () => owner.cancelled.has("long"));
});

test("a handle tells status and timeline, cancels, and waits; the same id twice is one job", async (t) => {
  await using nats = await testNats();
  await using owner = await smallOwner(nats.url, { work: (id) => (id === "open" ? undefined : { result: { id } }) });
  await using client = await clientOf(nats.url);
  const handle = await client.submit(1, { id: "open" });
  t.like(handle, { id: "open", revision: "r1" });
  t.like(await handle.status(), { state: "running", waitingFor: "a replica", endedAt: null });
  t.deepEqual(await handle.timeline(), []);
  const again = client.outcome(1, { id: "open" });
  await eventually("it is submitted again", () => owner.submissions.get("open") === 2);
  t.is(await handle.cancel(), "cancelled");
  t.is((await handle.outcome()).state, "cancelled");
  t.is((await again).state, "cancelled");
  t.is((await client.job("open").outcome()).state, "cancelled");
  t.deepEqual(await client.process({ id: "p1" }), { id: "p1" });
});

test("closing ends what waits, and can be done again", async (t) => {
  await using nats = await testNats();
  await using owner = await smallOwner(nats.url, { work: () => undefined });
  const client = await clientOf(nats.url);
  const running = client.run(1, { id: "open" });
  await eventually("it is submitted", () => owner.submissions.has("open"));
  await Promise.all([client.close(), client.close()]);
  await t.throwsAsync(running, { name: "ClientClosedError" });
  await t.throwsAsync(client.run(2), { name: "ClientClosedError" });
  await client.close();
});

function* numbers(count: number): Generator<number> {
  for (let n = 0; n < count; n++) yield n;
}

test("NATS that is not there: connect() says which address it tried and what would help, and no job is begun", async (t) => {
  const [port] = await freePorts(1);
  const nats = `nats://127.0.0.1:${String(port)}`;
  const error = await t.throwsAsync(connect({ nats, pipeline: "p" }), { name: "ConnectError" });
  t.is(
    error.message,
    `NATS does not answer at ${nats}: nobody listens there. Start nats-server (with JetStream: -js), or correct the address.`,
  );
  const pipeline = new Pipeline<string>("p", { modules: import.meta.filename }).addModule("A", "t", { expose: true });
  await t.throwsAsync(pipeline.start({ nats }), { name: "ConnectError", message: error.message });
});
