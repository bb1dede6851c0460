/** Who owns (E8), and what the next owner finds: jobs, failures, records, snapshots. */
import test from "ava";
import { createInbox } from "nats";
import { appendToStream, subjectsOf } from "@troupe/protocol";
import { encodeFrame } from "../../../coordinator/src/core/frame-codec.ts";
import { encodeSnapshot } from "../../../coordinator/src/core/snapshot.ts";
import { Writer } from "../../../coordinator/src/core/writer.ts";
import { sealed } from "../../../coordinator/src/shell/checksum.ts";
import { replay } from "../../../coordinator/src/shell/replay.ts";
import { Snapshots } from "../../../coordinator/src/shell/snapshots.ts";
import { DIAMOND, DIAMOND_OF_1, Engine, SCOPE, SINGLE, answerOf, type Answer } from "../../support/engine.ts";
import { eventually } from "../../support/eventually.ts";
import { journalOf } from "../../support/journal.ts";
import { json, trace, WorkFailure, type Work } from "../../support/scripted-agent.ts";

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

test.serial("E8: an owner that was frozen and replaced is fenced, and nobody gets an answer from it", async (t) => {
  await using engine = await Engine.start(SINGLE);
  const frozen = engine.process("coordinator-a");
  await frozen.owns();
  await engine.submit("before", 1);
  const standby = engine.process("coordinator-b");
  frozen.signal("SIGSTOP");
  await standby.owns();
  const agent = await engine.agent("g1");
  t.is((await engine.outcome("before")).state, "done");
  const cancelled = await engine.ask("cancel", { id: "before" });
  t.is(cancelled.state, "done");

  // These wait in the frozen one's socket, and are answered by the other: a second answer would be the frozen one's.
  const inbox = createInbox();
  const heard: Answer[] = [];
  engine.bus.subscribe(inbox, (message) => heard.push(answerOf(message)));
  const ask = (operation: "status" | "submit", id: string): void => {
    const body = new TextEncoder().encode(JSON.stringify({ id }));
    engine.bus.publish(subjectsOf(SCOPE).door(operation), body, { reply: inbox, headers: { "Troupe-Job-Id": id } });
  };
  for (const index of numbers(50)) ask("submit", `meanwhile-${index}`);
  for (const _ of numbers(50)) ask("status", "nobody");
  await eventually("the owner has answered", () => heard.length === 100);
  frozen.signal("SIGCONT");
  await frozen.says("no longer owns the pipeline");
  for (const index of numbers(50)) t.is((await engine.outcome(`meanwhile-${index}`)).state, "done");
  for (const _ of numbers(20)) ask("status", "nobody");
  await eventually("the owner has answered", () => heard.length >= 120);
  await engine.ask("status", { id: "nobody" });
  t.is(heard.length, 120, "everything was answered once");
  t.is(new Set(agent.worked).size, agent.worked.length, "nothing ran twice");

  const epochs = (await journalOf(engine.bus, SCOPE)).map(({ epoch }) => epoch);
  t.deepEqual(
    epochs,
    epochs.toSorted((a, b) => a - b),
    "nothing of the former owner stands behind the new one's first frame",
  );
  t.is(new Set(epochs).size, 2);
});

test.serial("a standby takes over, and what runs goes on", async (t) => {
  await using engine = await Engine.start(DIAMOND);
  const owner = engine.process("coordinator-a");
  await owner.owns();
  const standby = engine.process("coordinator-b");
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  const work: Work = async (context) => {
    await opened;
    return trace(context);
  };
  const agents = await engine.agents({ work });
  await engine.submit("a", 1);
  await eventually("it runs", () => agents[0]!.worked.length === 1);
  await owner.kill();
  await standby.owns();
  open();
  t.deepEqual((await engine.outcome("a"))["result"], { D: DIAMOND_OF_1 });
  t.deepEqual(
    agents.map(({ runs }) => runs.length),
    [1, 1, 1],
    "nothing was dispatched again",
  );
});

test.serial("two that wait to be told are told by the next owner", async (t) => {
  await using engine = await Engine.start(SINGLE);
  const first = engine.process();
  await first.owns();
  const inbox = createInbox();
  const heard: Answer[] = [];
  engine.bus.subscribe(inbox, (message) => heard.push(answerOf(message)));
  await engine.submit("a", 1, { "Troupe-Wait": inbox });
  await engine.submit("b", 2, { "Troupe-Wait": inbox });
  await first.kill();
  engine.process();
  await engine.agents();
  await eventually("both are told", () => new Set(heard.map(({ id }) => id)).size === 2);
  t.true(heard.every(({ state }) => state === "done"));
});

test.serial("an orderly stop lets go, and the server's restart is no news", async (t) => {
  await using engine = await Engine.start(SINGLE);
  const coordinator = await engine.coordinator();
  await engine.agents();
  await engine.nats.restart();
  await engine.submit("a", 1);
  t.is((await engine.outcome("a")).state, "done");
  t.deepEqual(
    coordinator.log.filter(({ level }) => level === "warn" || level === "error").map(({ message }) => message),
    [],
  );
  await coordinator[Symbol.asyncDispose]();
  const next = await engine.coordinator({ id: "another" });
  t.is(next.said("owns the pipeline").length, 1);
  t.is((await engine.outcome("a")).state, "done");
});

for (const when of ["at once", "from its record", "after a restart", "after a restart from a snapshot"] as const) {
  test.serial(`a failed job is retried from the module that failed: ${when}`, async (t) => {
    await using engine = await Engine.start({ ...DIAMOND, jobs: { maxAttempts: 1 } });
    const tuning = {
      pageMs: when === "at once" ? 60_000 : 20,
      ...(when.includes("snapshot") ? { snapshots: { leastBytes: 1, ratio: 0 } } : {}),
    };
    const coordinator = await engine.coordinator({ tuning });
    let fails = true;
    const work: Work = (context) => {
      if (context.module.name === "D" && fails) throw new WorkFailure({ message: "out of film" });
      return trace(context);
    };
    const agents = await engine.agents({ work });
    await engine.submit("a", 1);
    t.like(await engine.outcome("a"), { state: "failed", error: { module: "D", message: "out of film" } });
    if (when !== "at once") await eventually("it is a record", async () => (await engine.held("records")) > 0);
    if (when.includes("restart")) {
      await coordinator[Symbol.asyncDispose]();
      await engine.coordinator({ tuning });
      t.like(await engine.outcome("a"), { state: "failed", error: { module: "D", message: "out of film" } });
    }
    fails = false;
    t.is((await engine.ask("retry", { id: "a" })).state, "running");
    t.deepEqual(await engine.outcome("a"), { id: "a", state: "done", result: { D: DIAMOND_OF_1 } });
    t.deepEqual(
      agents.flatMap(({ worked }) => worked),
      ["a A", "a B", "a C", "a D", "a D"],
      "what had been done was kept",
    );
    t.is((await engine.ask("retry", { id: "a" })).error?.code, "NotFailed");
  });
}

test.serial("records are found again after restarts, and after the journal was cut", async (t) => {
  await using engine = await Engine.start(DIAMOND);
  const tuning = { pageJobs: 7, pageMs: 50, snapshots: { leastBytes: 2_000, ratio: 1 } };
  const first = await engine.coordinator({ tuning });
  await engine.agents({ permits: 8, work: ({ run, module }) => json(`${run.job} ${module.name}`) });
  const ids = numbers(60).map((index) => `job-${index}`);
  await Promise.all(ids.map(async (id) => engine.submit(id, id)));
  const outcomes = await Promise.all(ids.map(async (id) => engine.outcome(id)));
  t.deepEqual(outcomes[3], { id: "job-3", state: "done", result: { D: "job-3 D" } });
  const timelines = await Promise.all(ids.map(async (id) => engine.ask("timeline", { id })));
  t.is((timelines[0]!["spans"] as unknown[]).length, 4);
  await first[Symbol.asyncDispose]();
  for (const restart of numbers(2)) {
    const journal = await journalOf(engine.bus, SCOPE);
    t.true(
      journal.some(({ event }) => event.type === "snapshot"),
      "a snapshot counts",
    );
    t.false(
      journal.some(({ event }) => event.type === "revision"),
      "and what it covers is gone",
    );
    const next = await engine.coordinator({ tuning, id: `next-${restart}` });
    t.deepEqual(await Promise.all(ids.map(async (id) => engine.outcome(id))), outcomes);
    t.deepEqual(await Promise.all(ids.map(async (id) => engine.ask("timeline", { id }))), timelines);
    t.is((await engine.submit("job-3", "another input")).error?.code, "JobConflict");
    await engine.submit(`more-${restart}`, 1);
    t.is((await engine.outcome(`more-${restart}`)).state, "done");
    await next[Symbol.asyncDispose]();
  }
});

test.serial("open jobs survive a snapshot, and snapshots do not pile up", async (t) => {
  await using engine = await Engine.start({ ...DIAMOND, jobs: { maxInFlight: 500 } });
  const tuning = { snapshots: { leastBytes: 1, ratio: 0 }, pageMs: 20 };
  const first = await engine.coordinator({ tuning });
  const ids = numbers(100).map((index) => `job-${index}`);
  for (const id of ids) await engine.submit(id, 1);
  await eventually("the journal was cut", async () => (await journalOf(engine.bus, SCOPE)).length < 30);
  await first[Symbol.asyncDispose]();
  await engine.coordinator({ tuning });
  const agents = await engine.agents();
  for (const id of ids) t.deepEqual((await engine.outcome(id))["result"], { D: DIAMOND_OF_1 });
  t.deepEqual(
    agents[0]!.worked.filter((work) => work.endsWith(" A")),
    ids.map((id) => `${id} A`),
    "in their order",
  );
  await eventually("one snapshot is left", async () => (await engine.held("snapshots")) <= 2);
});

test.serial("a journal does not grow because its coordinator is restarted before a snapshot is due", async (t) => {
  await using engine = await Engine.start({ ...SINGLE, jobs: { maxInFlight: 500 } });
  const tuning = { snapshots: { leastBytes: 20_000 } };
  for (const life of numbers(6)) {
    const coordinator = await engine.coordinator({ tuning });
    for (const index of numbers(5)) await engine.submit(`job-${life}-${index}`, "x".repeat(2_000));
    await coordinator[Symbol.asyncDispose]();
  }
  const journal = await journalOf(engine.bus, SCOPE);
  t.true(
    journal.some(({ event }) => event.type === "snapshot"),
    "each life wrote less than what makes a snapshot due, and all of them more",
  );
  await engine.coordinator({ tuning });
  await engine.agents();
  for (const life of numbers(6)) t.is((await engine.outcome(`job-${life}-4`)).state, "done");
});

test.serial("the snapshot of an owner that was replaced meanwhile does not mix with its successor's", async (t) => {
  await using engine = await Engine.start(SINGLE);
  const coordinator = await engine.coordinator();
  for (const id of ["a", "b"]) await engine.submit(id, id);
  const early = await replay(engine.bus, SCOPE);
  for (const id of ["c", "d"]) await engine.submit(id, id);
  await coordinator[Symbol.asyncDispose]();
  const late = await replay(engine.bus, SCOPE);

  const { bus } = engine;
  const former = new Snapshots({ bus, scope: SCOPE, epoch: 1, sinceLast: 0 });
  const successor = new Snapshots({ bus, scope: SCOPE, epoch: 2, sinceLast: 0 });
  const event = await successor.write((maxBytes) => encodeSnapshot(late.state, maxBytes), late);
  await former.write((maxBytes) => encodeSnapshot(early.state, maxBytes), early); // it woke up, and does not know yet
  const { sequence, frames: number, checksum } = late;
  const writer = new Writer({ epoch: 2, sequence, number, checksum, maxBytes: 1_000_000 });
  writer.add(event, {});
  await appendToStream(bus, subjectsOf(SCOPE).journal, sealed(encodeFrame(writer.next()!)));
  await successor.purge(event);
  const again = await replay(bus, SCOPE);
  t.deepEqual([...again.state.jobs.keys()], ["a", "b", "c", "d"]);
});

test.serial("records expire, also while their owner was away", async (t) => {
  await using engine = await Engine.start({ ...SINGLE, jobs: { keepResultsSeconds: 1 } });
  const first = await engine.coordinator({ tuning: { pageMs: 20 } });
  await engine.agents();
  await engine.submit("a", 1);
  await engine.outcome("a");
  await eventually("it is a record", async () => (await engine.held("records")) === 1);
  await first[Symbol.asyncDispose]();
  await engine.coordinator();
  await eventually("it is gone", async () => (await engine.ask("status", { id: "a" })).error?.code === "JobNotFound");
  await eventually("and so is its page", async () => (await engine.held("records")) === 0);
  t.is((await engine.submit("a", "another")).error, undefined);
});
