/** No room, no JetStream, no server: what is refused, what is said, and that nothing is lost. */
import test, { type ExecutionContext } from "ava";
import { execFile, spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { findNatsServer } from "@troupe/local";
import {
  ConnectError,
  JetStreamOffError,
  connectBus,
  ensureBuckets,
  streamsOf,
  streamState,
  type StreamNames,
} from "@troupe/protocol";
import { InProcessCoordinator } from "../../support/coordinators.ts";
import { Engine, SCOPE, SINGLE, type Answer } from "../../support/engine.ts";
import { eventually } from "../../support/eventually.ts";
import { jetStream } from "../../support/journal.ts";
import { json } from "../../support/scripted-agent.ts";

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const MEBI = 1024 * 1024;

async function limit(engine: Engine, stream: keyof StreamNames, maxBytes: number): Promise<void> {
  const name = streamsOf(SCOPE)[stream];
  const { config } = await jetStream(engine.bus, `STREAM.INFO.${name}`);
  await jetStream(engine.bus, `STREAM.UPDATE.${name}`, { ...(config as object), max_bytes: maxBytes });
}

async function bytesIn(engine: Engine, stream: keyof StreamNames): Promise<number> {
  return (await streamState(engine.bus, streamsOf(SCOPE)[stream]))!.bytes;
}

/** By what found that there is no room: the journal, whoever looks at the streams, or the door that stores an input. */
const CURES = {
  append: /^submit again later; nothing that was accepted is lost$/,
  room: /^give the NATS server more storage, or wait until records expire; nothing that was accepted is lost$/,
  store: /^submit again later$/,
} as const;

function isFull(t: ExecutionContext, answer: Answer, text: RegExp, ...foundBy: (keyof typeof CURES)[]): void {
  t.is(answer.error?.code, "StreamFull");
  t.regex(answer.error?.message ?? "", text);
  const hint = answer.error?.hint ?? "";
  t.true(
    foundBy.some((by) => CURES[by].test(hint)),
    hint,
  );
  t.is(typeof answer.error?.["retryAfterMs"], "number");
}

test.serial(
  "the server has no room for a frame: what is in it is refused, what was accepted is done when there is room",
  async (t) => {
    await using engine = await Engine.start({ ...SINGLE, jobs: { maxInFlight: 1_000 } });
    await engine.coordinator({ tuning: { canGrow: false, roomCheckMs: 1_000 } });
    await engine.submit("first", 1);
    await limit(engine, "journal", (await bytesIn(engine, "journal")) + 100_000);
    const ids = numbers(40).map((index) => `job-${index}`);
    const submit = async (id: string): Promise<Answer> => engine.submit(id, "x".repeat(20_000));
    const answers = [await submit(ids[0]!), await submit(ids[1]!), ...(await Promise.all(ids.slice(2).map(submit)))];
    const accepted = ids.filter((_, index) => answers[index]!.error === undefined);
    const refused = answers.filter(({ error }) => error !== undefined);
    t.log(`${accepted.length} accepted, ${refused.length} refused`);
    t.true(refused.length > 0);
    for (const answer of refused) isFull(t, answer, /no room|journal stream/, "append", "room");
    await limit(engine, "journal", 64 * MEBI);
    await engine.agents({ permits: 10 });
    for (const id of ["first", ...accepted]) t.is((await engine.outcome(id)).state, "done");
    for (const { id } of refused) t.is((await engine.ask("status", { id })).error?.code, "JobNotFound");
    await eventually("there is room again", async () => (await engine.submit("later", 1)).error === undefined);
    t.is((await engine.outcome("later")).state, "done");
  },
);

test.serial("above 70% of a stream new jobs are refused, and those that are open are completed", async (t) => {
  await using engine = await Engine.start(SINGLE);
  await engine.coordinator({ tuning: { canGrow: false, roomCheckMs: 50 } });
  await limit(engine, "blobs", 100_000);
  const answers = await Promise.all(
    [0, 1, 2].map(async (index) => engine.submit(`large-${index}`, "x".repeat(90_000))),
  );
  const accepted = answers.filter(({ error }) => error === undefined);
  t.is(accepted.length, 1);
  for (const answer of answers) if (answer.error !== undefined) isFull(t, answer, /could not be stored/, "store");
  await eventually(
    "small ones are refused as well",
    // With an id of its own each time: what was accepted before stays accepted.
    async () => (await engine.submit(crypto.randomUUID(), 1)).error?.code === "StreamFull",
  );
  isFull(t, await engine.submit("small", 1), /the blobs stream TROUPE_local_film_u1_B holds 0\.1 of 0\.1 MiB/, "room");
  await engine.agents({ work: ({ run }) => json("ref" in run.input ? run.input.ref.size : 0) });
  t.deepEqual((await engine.outcome(accepted[0]!.id!))["result"], { A: 90_002 }, "what was accepted is completed");
  await eventually(
    "what was stored for it made room",
    async () => (await engine.submit("small", 1)).error === undefined,
  );
});

test.serial("a small journal is cut before it is full, so that it never is", async (t) => {
  await using engine = await Engine.start({ ...SINGLE, jobs: { maxInFlight: 50 } });
  await engine.coordinator({ tuning: { canGrow: false, roomCheckMs: 50, pageMs: 20 } });
  await limit(engine, "journal", MEBI);
  await engine.agents({ permits: 20 });
  let bytes = 0;
  for (const index of numbers(150)) {
    const input = "x".repeat(20_000);
    bytes += 2 * input.length;
    await eventually("it is accepted", async () => (await engine.submit(`job-${index}`, input)).error === undefined);
  }
  for (const index of numbers(150)) t.is((await engine.outcome(`job-${index}`)).state, "done");
  t.true(bytes > 5 * MEBI);
  t.true((await bytesIn(engine, "journal")) < MEBI);
});

test.serial("no room for records: what has ended stays where it is, and is found", async (t) => {
  await using engine = await Engine.start(SINGLE);
  const coordinator = await engine.coordinator({ tuning: { pageMs: 20, roomCheckMs: 60_000 } });
  await limit(engine, "records", 10);
  await engine.agents();
  for (const id of ["a", "b"]) {
    await engine.submit(id, id);
    t.is((await engine.outcome(id)).state, "done");
  }
  await coordinator.says("a page of records could not be written; it is tried again");
  t.is((await engine.outcome("a")).state, "done");
  await limit(engine, "records", MEBI);
  await eventually("they are records", async () => (await engine.held("records")) > 0);
  t.is((await engine.outcome("a")).state, "done");
});

test.serial("a server without JetStream is reported, with what to do", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "troupe-plain-"));
  const binary = findNatsServer({ root: resolve(import.meta.dirname, "../../.."), env: process.env });
  const server = spawn(binary, ["-a", "127.0.0.1", "-p", "-1", "--ports_file_dir", folder], { stdio: "ignore" });
  try {
    const url = await urlIn(folder);
    await using bus = await connectBus({ url, name: "test" });
    const error = await t.throwsAsync(ensureBuckets(bus), { instanceOf: JetStreamOffError });
    t.regex(error.message, /JetStream is off on this NATS server or account; start nats-server with -js/);
    await using coordinator = await InProcessCoordinator.start({ url, scope: SCOPE });
    const line = await coordinator.until("complains", ({ level }) => level === "warn");
    t.is(line.message, "a step failed and is tried again");
    t.regex(String(line["error"]), /start nats-server with -js/);
  } finally {
    server.kill("SIGKILL");
    await rm(folder, { recursive: true, force: true });
  }
});

async function urlIn(folder: string): Promise<string> {
  let url = "";
  await eventually("the server has said its port", async () => {
    const [file] = await readdir(folder);
    if (file === undefined) return false;
    const text = await readFile(join(folder, file), "utf8");
    if (!text.trim().endsWith("}")) return false;
    url = (JSON.parse(text) as { nats: string[] }).nats[0]!;
    return true;
  });
  return url;
}

/** A port where nobody listens: it was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  return typeof address === "object" && address !== null ? address.port : 0;
}

test.serial(
  "a server that cannot be reached is named, and a coordinator without one ends with its reason",
  async (t) => {
    const url = `nats://127.0.0.1:${await freePort()}`;
    const error = await t.throwsAsync(connectBus({ url, name: "test" }), { instanceOf: ConnectError });
    t.is(
      error.message,
      `NATS does not answer at ${url}: nobody listens there. Start nats-server (with JetStream: -js), or correct the address.`,
    );
    const entry = fileURLToPath(new URL("../../../coordinator/src/main.ts", import.meta.url));
    const env = { ...process.env, TROUPE_NATS_URL: url, TROUPE_PIPELINES: "film:u1" };
    const ended = await t.throwsAsync(promisify(execFile)(process.execPath, [entry], { env }));
    t.like(ended, { code: 1 });
    t.regex(String(Reflect.get(ended, "stdout")), /nobody listens there.*"message":"cannot start"/);
    const unset = await t.throwsAsync(
      promisify(execFile)(process.execPath, [entry], { env: { ...env, TROUPE_PIPELINES: "film" } }),
    );
    t.regex(String(Reflect.get(unset, "stdout")), /TROUPE_PIPELINES has .*each entry is <pipeline>:<uid>/);
  },
);
