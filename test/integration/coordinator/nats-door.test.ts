/** The NATS door as docs/nats.md describes it, for a client that knows NATS and JSON and nothing of Troupe. */
import test, { type ExecutionContext } from "ava";
import { connect, createInbox, headers, NatsError, type NatsConnection } from "nats";
import { isInline } from "@troupe/protocol";
import { Engine, SINGLE, type Answer } from "../../support/engine.ts";
import { eventually } from "../../support/eventually.ts";
import { WorkFailure, json, valueOf, type Work } from "../../support/scripted-agent.ts";

/** Jobs with the input "hold" end when this is called. */
const held = new Map<string, () => void>();
const failing = new Set<string>();

const work: Work = async ({ run, module, items }) => {
  if (run.phase === "process") return json(items.map((item) => valueOf(item)).join("+"));
  if (!isInline(run.input)) return json(run.input.ref.size);
  if (run.input.kind === "binary") return { kind: "binary", bytes: run.input.bytes.toReversed() };
  const input = valueOf(run.input);
  if (input === "hold") await new Promise<void>((resolve) => held.set(run.job, resolve));
  if (failing.has(run.job)) throw new WorkFailure({ message: "no such film", stack: "Error: no such film\n  at A" });
  return json(`${module.name} of ${JSON.stringify(input)}`);
};

let engine: Engine;
let client: NatsConnection;

test.before(async () => {
  engine = await Engine.start(SINGLE);
  await engine.coordinator({ tuning: { pageMs: 50 } });
  await engine.agents({ work, permits: 50 });
  client = await connect({ servers: engine.nats.url });
  // A bare client is told 503 while nobody owns the pipeline yet.
  await engine.ask("status", { id: "nobody" });
});

test.after.always(async () => {
  await client.close();
  await engine[Symbol.asyncDispose]();
});

/** As the page says: whoever hears nothing asks again. An owner that a busy machine keeps from renewing its lease answers nobody. */
async function ask(operation: string, body: unknown, named: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const sent = headers();
  for (const [name, value] of Object.entries(named)) sent.set(name, value);
  const data = body instanceof Uint8Array || typeof body === "string" ? body : JSON.stringify(body);
  for (let asked = 1; ; asked++) {
    try {
      const reply = await client.request(`troupe.local.film.${operation}`, data, { timeout: 10_000, headers: sent });
      return reply.json<Answer>();
    } catch (error) {
      if (!(error instanceof NatsError && error.code === "TIMEOUT") || asked === 6) throw error;
    }
  }
}

const submit = async (id: string, body: unknown, named: Readonly<Record<string, string>> = {}): Promise<Answer> =>
  ask("submit", body, { ...named, "Troupe-Job-Id": id });

function refused(t: ExecutionContext, answer: Answer, code: string): void {
  t.is(answer.error?.code, code, JSON.stringify(answer));
  t.regex(answer.error?.message ?? "", /./);
  t.regex(answer.error?.hint ?? "", /./);
}

test("a job without an id gets one, and its result by wait", async (t) => {
  const { id, revision } = await ask("submit", JSON.stringify({ film: "M" }));
  t.regex(id ?? "", /^[A-Za-z0-9_-]{1,64}$/);
  t.is(revision, engine.revision.id);
  t.deepEqual(await ask("wait", { id }), { id, state: "done", result: { A: 'A of {"film":"M"}' } });
});

test("an empty body is null", async (t) => {
  await submit("empty", "");
  t.deepEqual((await ask("wait", { id: "empty" }))["result"], { A: "A of null" });
});

test("bytes go in and come out, marked as binary", async (t) => {
  const bytes = Uint8Array.of(1, 2, 0, 255);
  await submit("bytes", bytes, { "Troupe-Content": "binary" });
  const outcome = await ask("wait", { id: "bytes" });
  t.deepEqual(outcome["binary"], { A: Buffer.from(bytes.toReversed()).toString("base64") });
  t.deepEqual(outcome["result"], {});
});

test("a body above 32 KiB is stored before it is accepted", async (t) => {
  const text = JSON.stringify("x".repeat(100_000));
  t.is((await submit("large", text)).id, "large");
  t.deepEqual((await ask("wait", { id: "large" }))["result"], { A: text.length });
  t.is((await submit("large", text)).id, "large", "the same input again is the same job");
  refused(t, await submit("large", JSON.stringify("y".repeat(100_000))), "JobConflict");
});

test("what is no JSON is refused, and bytes are not", async (t) => {
  const answer = await submit("no-json", "{ film: M }");
  refused(t, answer, "InvalidInput");
  t.regex(answer.error?.hint ?? "", /Troupe-Content: binary/);
  refused(t, await ask("status", { id: "no-json" }), "JobNotFound");
});

test("ids that are none are refused, with small and with large inputs", async (t) => {
  for (const id of ["a b", "a.b", "ä", "x".repeat(65), "*"]) {
    refused(t, await submit(id, "1"), "InvalidJobId");
    refused(t, await submit(id, JSON.stringify("x".repeat(40_000))), "InvalidJobId");
    refused(t, await ask("process", "", { "Troupe-Job-Id": id }), "InvalidJobId");
  }
  const [letter] = await Promise.all([submit("x".repeat(64), "1"), submit("_-Az09", "1")]);
  t.is(letter.id?.length, 64);
});

test("the same id and input is the same job, while it is open, when it has ended and when it is a record", async (t) => {
  const first = await submit("again", '"hold"');
  t.deepEqual(await submit("again", '"hold"'), first);
  refused(t, await submit("again", '"other"'), "JobConflict");
  await eventually("it is worked on", () => held.has("again"));
  held.get("again")!();
  await ask("wait", { id: "again" });
  t.deepEqual(await submit("again", '"hold"'), first);
  refused(t, await submit("again", '"other"'), "JobConflict");
  await eventually("it is on a page of the records", async () => (await engine.held("records")) > 0);
  t.deepEqual(await submit("again", '"hold"'), first);
  refused(t, await submit("again", '"other"'), "JobConflict");
});

test("the same id at the same time, twenty times over, is one job", async (t) => {
  const answers = await Promise.all(Array.from({ length: 20 }, async () => submit("twenty", "7")));
  t.deepEqual(new Set(answers.map((answer) => JSON.stringify(answer))).size, 1);
  const mixed = await Promise.all(Array.from({ length: 20 }, async (_, index) => submit("mixed", String(index))));
  t.is(mixed.filter(({ id, error }) => id === "mixed" && error === undefined).length, 1);
  t.is(mixed.filter(({ error }) => error?.code === "JobConflict").length, 19);
});

test("unknown ids and bodies that name none are told so, on every operation", async (t) => {
  for (const operation of ["wait", "status", "result", "timeline", "cancel", "retry"]) {
    const answer = await ask(operation, { id: "nobody" });
    refused(t, answer, "JobNotFound");
    t.is(answer.id, "nobody");
    refused(t, await ask(operation, "nobody"), "InvalidRequest");
    refused(t, await ask(operation, ""), "InvalidRequest");
    refused(t, await ask(operation, { id: 7 }), "InvalidRequest");
  }
});

test("a wait that is over says pending, and the job goes on", async (t) => {
  await using patient = await Engine.start(SINGLE);
  await patient.coordinator({ tuning: { waitMs: 200 } });
  await patient.submit("long", 1);
  t.deepEqual(await patient.ask("wait", { id: "long" }), { id: "long", state: "pending" });
  await patient.agents();
  t.is((await patient.outcome("long")).state, "done");
});

test("two that wait for one job are both told", async (t) => {
  await submit("long", '"hold"');
  t.deepEqual(await ask("result", { id: "long" }), { id: "long", state: "pending" });
  const waits = [ask("wait", { id: "long" }), ask("wait", { id: "long" })];
  await eventually("it is worked on", () => held.has("long"));
  held.get("long")!();
  const [one, other] = await Promise.all(waits);
  t.is(one?.state, "done", "of two that wait");
  t.deepEqual(one, other, "both are told");
  t.deepEqual(await ask("result", { id: "long" }), one);
});

test("many are waited for at once: each outcome is a message of its own, unknown ids included", async (t) => {
  const inbox = createInbox();
  const heard: Answer[] = [];
  client.subscribe(inbox, { callback: (_, message) => heard.push(message.json()) });
  await submit("m1", "1");
  await submit("m2", '"hold"');
  client.publish("troupe.local.film.wait", JSON.stringify({ ids: ["m1", "m2", "m3"], timeline: true }), {
    reply: inbox,
  });
  await eventually("m1 and m3 are answered", () => heard.length === 2);
  await eventually("m2 is worked on", () => held.has("m2"));
  held.get("m2")!();
  await eventually("m2 is answered", () => heard.length === 3);
  const byId = new Map(heard.map((answer) => [answer.id, answer]));
  t.is(byId.get("m1")?.state, "done");
  t.is(byId.get("m2")?.state, "done");
  t.is(byId.get("m3")?.error?.code, "JobNotFound");
  t.like((byId.get("m2")?.["spans"] as object[])[0], { module: "A", group: "g1", replica: "g1-0", attempt: 1 });
});

test("Troupe-Wait names where the outcome goes by itself", async (t) => {
  const inbox = createInbox();
  const heard: Answer[] = [];
  client.subscribe(inbox, { callback: (_, message) => heard.push(message.json()) });
  await submit("told", "1", { "Troupe-Wait": inbox, "Troupe-Timeline": "1" });
  await eventually("it is told", () => heard.length > 0);
  t.like(heard[0], { id: "told", state: "done", result: { A: "A of 1" } });
  t.is((heard[0]?.["spans"] as object[]).length, 1);
  await submit("told", "1", { "Troupe-Wait": inbox });
  await eventually("whoever submits it again is told at once", () => heard.length > 1);
  t.is(heard[1]?.["spans"], undefined);
});

test("outcomes cannot be sent where they would do harm", async (t) => {
  for (const subject of [
    "a b",
    "a..b",
    "jobs.*",
    "jobs.>",
    ".a",
    "_troupe.local.film.u1.journal",
    "$JS.API.STREAM.DELETE.x",
    "troupe.local.film.cancel",
  ]) {
    refused(t, await submit("harm", "1", { "Troupe-Wait": subject }), "InvalidRequest");
  }
  refused(t, await ask("status", { id: "harm" }), "JobNotFound");
});

test("status and timeline tell where a job stands", async (t) => {
  await submit("seen", '"hold"');
  await eventually("it is worked on", () => held.has("seen"));
  const running = await ask("status", { id: "seen" });
  t.like(running, {
    id: "seen",
    state: "running",
    revision: engine.revision.id,
    modules: [{ name: "A", state: "running" }],
  });
  t.is(typeof running["submittedAt"], "number");
  held.get("seen")!();
  await ask("wait", { id: "seen" });
  t.like(await ask("status", { id: "seen" }), { state: "done", modules: [{ name: "A", state: "done" }] });
  const { spans } = (await ask("timeline", { id: "seen" })) as unknown as { spans: Record<string, number>[] };
  t.is(spans.length, 1);
  const { readyAt, startedAt, endedAt } = spans[0]!;
  t.true(readyAt! <= startedAt! + 1 && startedAt! <= endedAt!);
});

test("a failed job says what failed and where, and can be retried", async (t) => {
  failing.add("fails");
  await submit("fails", '"M"');
  const outcome = await ask("wait", { id: "fails" });
  t.like(outcome, {
    state: "failed",
    error: { code: "ModuleError", message: "no such film", module: "A", group: "g1", replica: "g1-0", attempt: 1 },
  });
  t.regex(String(outcome.error?.["stack"]), /at A/);
  t.like(await ask("status", { id: "fails" }), { state: "failed", error: { code: "ModuleError" } });
  failing.delete("fails");
  t.deepEqual(await ask("retry", { id: "fails" }), { id: "fails", state: "running" });
  t.like(await ask("wait", { id: "fails" }), { state: "done", result: { A: 'A of "M"' } });
  refused(t, await ask("retry", { id: "fails" }), "NotFailed");
});

test("cancelling ends a job, and what has ended stays as it is", async (t) => {
  await submit("stops", '"hold"');
  await eventually("it is worked on", () => held.has("stops"));
  const waits = ask("wait", { id: "stops" });
  t.deepEqual(await ask("cancel", { id: "stops" }), { id: "stops", state: "cancelled" });
  t.like(await waits, { id: "stops", state: "cancelled", error: { code: "Cancelled" } });
  held.get("stops")!();
  t.is((await ask("result", { id: "stops" })).state, "cancelled");
  await submit("stays", "1");
  await ask("wait", { id: "stays" });
  t.deepEqual(await ask("cancel", { id: "stays" }), { id: "stays", state: "done" });
  refused(t, await ask("retry", { id: "stops" }), "NotFailed");
});

test("process runs what the aggregates hold, as a job with an id", async (t) => {
  await using aggregating = await Engine.start({
    modules: [
      { name: "A", type: "trace", group: "g1" },
      { name: "Sum", type: "trace", group: "g2", dependsOn: ["A"], aggregate: true, expose: true },
    ],
  });
  await aggregating.coordinator();
  await aggregating.agents({ work });
  for (const id of ["a", "b", "c"]) {
    await aggregating.submit(id, id);
    t.deepEqual(await aggregating.ask("wait", { id }), { id, state: "done", result: {} });
  }
  const connection = await connect({ servers: aggregating.nats.url });
  const named = headers();
  named.set("Troupe-Job-Id", "sum");
  const accepted = (
    await connection.request("troupe.local.film.process", "", { timeout: 10_000, headers: named })
  ).json<Answer>();
  t.is(accepted.id, "sum");
  const outcome = (
    await connection.request("troupe.local.film.wait", JSON.stringify({ id: "sum" }), { timeout: 40_000 })
  ).json<Answer>();
  t.like(outcome, { id: "sum", state: "done" });
  t.is((outcome["result"] as { Sum: string }).Sum.split("+").length, 3);
  await connection.close();
});

test("more open jobs than maxInFlight are refused, with a time to come back", async (t) => {
  await using small = await Engine.start({ ...SINGLE, jobs: { maxInFlight: 3 } });
  await small.coordinator();
  for (const id of ["a", "b", "c"]) t.is((await small.submit(id, 1)).id, id);
  const answer = await small.submit("d", 1);
  refused(t, answer, "TooManyJobs");
  t.is(typeof answer.error?.["retryAfterMs"], "number");
  refused(t, await small.submit("d", "x".repeat(100_000)), "TooManyJobs");
  await eventually("what was stored for it is gone again", async () => (await small.held("blobs")) === 0);
  t.is((await small.submit("a", 1)).id, "a", "what is known is not counted again");
  await small.agents();
  await small.outcome("a");
  t.is((await small.submit("d", 1)).id, "d");
});

test("without an owner nobody answers, and without a revision nothing is accepted", async (t) => {
  await using empty = await Engine.start(SINGLE, { isApplied: false });
  t.is(await empty.askOnce("submit", 1), undefined);
  await empty.coordinator();
  refused(t, await empty.submit("early", 1), "NoRevision");
  refused(t, await empty.ask("status", { id: "early" }), "JobNotFound");
  await empty.apply();
  t.is((await empty.submit("early", 1)).error, undefined, "it counts from the moment that it is there");
  await empty.agents();
  t.is((await empty.outcome("early")).state, "done");
});
