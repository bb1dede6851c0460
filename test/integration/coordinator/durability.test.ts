/** Accepted, counted, ordered: E1 to E7 through real processes that are killed. */
import test from "ava";
import { setTimeout as delay } from "node:timers/promises";
import { BlobStore, type Run } from "@troupe/protocol";
import { DIAMOND, DIAMOND_OF_1, Engine, SCOPE, SINGLE, type Draft } from "../../support/engine.ts";
import { eventually } from "../../support/eventually.ts";
import { journalOf } from "../../support/journal.ts";
import { json, trace, valueOf, WorkFailure, type Work } from "../../support/scripted-agent.ts";

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** Work that waits until it is let go. */
class Gate {
  #open: () => void = () => undefined;
  readonly opened = new Promise<void>((resolve) => (this.#open = resolve));
  open(): void {
    this.#open();
  }
}

test.serial("E1: what was accepted survives that coordinator and server are killed", async (t) => {
  await using engine = await Engine.start(DIAMOND);
  const first = engine.process();
  await first.owns();
  const ids = numbers(40).map((index) => `job-${index}`);
  const accepted = await Promise.all(ids.map(async (id) => engine.submit(id, 1)));
  t.deepEqual(
    accepted.map(({ id }) => id),
    ids,
  );
  await Promise.all([engine.nats.kill(), first.kill()]);
  await engine.nats.start();
  engine.process();
  await engine.agents({ permits: 4 });
  for (const id of ids) t.deepEqual(await engine.outcome(id), { id, state: "done", result: { D: DIAMOND_OF_1 } });
});

test.serial("E1: nothing is accepted while the server is away, and what is sent again is one job", async (t) => {
  await using engine = await Engine.start(SINGLE);
  const coordinator = engine.process();
  await coordinator.owns();
  await engine.nats.kill();
  t.is(await engine.askOnce("submit", 1, { "Troupe-Job-Id": "a" }), undefined);
  await engine.nats.start();
  const answers = await Promise.all([engine.submit("a", 1), engine.submit("a", 1)]);
  t.deepEqual(answers[0], answers[1]);
  await engine.agents();
  t.is((await engine.outcome("a")).state, "done");
  const submissions = (await journalOf(engine.bus, SCOPE)).filter(({ event }) => event.type === "submit");
  t.is(new Set(submissions.map(({ event }) => event.type === "submit" && event.job)).size, 1);
});

test.serial("E2, E3: a result is kept until it is journalled, and the first one counts", async (t) => {
  await using engine = await Engine.start(SINGLE);
  const first = engine.process();
  await first.owns();
  const gate = new Gate();
  const agent = await engine.agent("g1", {
    work: async () => {
      await gate.opened;
      return json("first");
    },
  });
  await engine.submit("a", 1);
  await eventually("the job is dispatched", () => agent.runs.length === 1);
  await first.kill();
  gate.open(); // nobody is there to hear it
  const second = engine.process();
  await second.owns();
  t.deepEqual((await engine.outcome("a"))["result"], { A: "first" });
  t.is(agent.runs.length, 1, "the new owner let the execution go on");
  t.deepEqual(agent.worked, ["a A"]);

  const acknowledged = (): number =>
    agent.heard.reduce((sum, message) => sum + (message.type === "ack" ? message.what.length : 0), 0);
  await eventually("the first is acknowledged", () => acknowledged() > 0);
  const late = agent.doneOf(agent.runs[0]!, 0, json("second"));
  agent.heard.length = 0;
  agent.say(late, late);
  await eventually("both are acknowledged, so that they are not sent for ever", () => acknowledged() === 2);
  t.deepEqual((await engine.outcome("a"))["result"], { A: "first" });
});

test.serial("E2: of two results of one module that come together, the journal takes one", async (t) => {
  await using engine = await Engine.start(SINGLE);
  await engine.coordinator();
  const agent = await engine.agent("g1");
  agent.works = false;
  await engine.submit("a", 1);
  await eventually("the job is dispatched", () => agent.runs.length === 1);
  const run = agent.runs[0]!;
  agent.say(agent.doneOf(run, 0, json("first")), agent.doneOf(run, 0, json("second")));
  t.deepEqual((await engine.outcome("a"))["result"], { A: "first" });
});

test.serial(
  "E4: a group starts when the module that it needs is journalled, while that module's group goes on",
  async (t) => {
    await using engine = await Engine.start(DIAMOND);
    await engine.coordinator();
    const gates = new Map(["A", "B", "C"].map((name) => [name, new Gate()]));
    const work: Work = async (context) => {
      await gates.get(context.module.name)?.opened;
      return trace(context);
    };
    const [g1, g2, g3] = await engine.agents({ work });
    await engine.submit("a", 1);
    await eventually("A runs", () => g1!.worked.includes("a A"));
    t.is(g2!.runs.length, 0);
    gates.get("A")!.open();
    await eventually("C runs while B does", () => g2!.worked.includes("a C") && g1!.worked.includes("a B"));
    t.deepEqual(
      g2!.runs[0]!.results.map(({ output }) => valueOf(output)),
      ["A(1)"],
    );
    gates.get("C")!.open();
    await eventually("C is journalled", async () =>
      JSON.stringify(await engine.ask("status", { id: "a" })).includes('{"name":"C","state":"done"}'),
    );
    t.is(g3!.runs.length, 0, "D needs B as well");
    gates.get("B")!.open();
    t.deepEqual((await engine.outcome("a"))["result"], { D: DIAMOND_OF_1 });
  },
);

test.serial(
  "E5: a lost execution is redispatched under a journalled lease, and what it says later does not count",
  async (t) => {
    await using engine = await Engine.start(DIAMOND);
    await engine.coordinator({ tuning: { leaseMs: 1_500 } });
    const lost = await engine.agent("g1", { replica: "g1-lost" });
    lost.works = false;
    await engine.submit("a", 1);
    await eventually("it is dispatched", () => lost.runs.length === 1);
    const old = lost.runs[0]!;
    const [a, b] = [0, 1];
    lost.say(lost.doneOf(old, a, json("A of the first"), false));
    await eventually("its first module is journalled", () => lost.heard.some((message) => message.type === "ack"));
    lost.speaks = false;
    const gate = new Gate();
    const heir = await engine.agent("g1", {
      replica: "g1-heir",
      work: async (context) => {
        await gate.opened;
        return trace(context);
      },
    });
    await eventually("the other replica has it", () => heir.runs.length === 1);
    const run = heir.runs[0]!;
    t.not(run.lease, old.lease);
    t.is(run.idempotencyKey, old.idempotencyKey);
    t.deepEqual(
      run.results.map(({ module, output }) => [module, valueOf(output)]),
      [[a, "A of the first"]],
      "what was journalled is inherited",
    );
    const leases = (await journalOf(engine.bus, SCOPE)).flatMap(({ event }) =>
      event.type === "lease" ? [event.lease] : [],
    );
    t.true(leases.includes(run.lease), "its lease was journalled before it was sent");

    lost.speaks = true;
    lost.heard.length = 0;
    lost.say(lost.doneOf(old, b, json("B of the first")));
    await eventually("it may forget its result", () => lost.heard.some((message) => message.type === "ack"));
    gate.open();
    const rest = await Promise.all(["g2", "g3"].map(async (group) => engine.agent(group)));
    t.deepEqual((await engine.outcome("a"))["result"], { D: "D(B(A of the first),C(A of the first))" });
    t.deepEqual(
      rest.map(({ runs }) => runs.length),
      [1, 1],
    );
    t.deepEqual(heir.worked, ["a B"]);
  },
);

test.serial(
  "E5: an execution that never arrived is sent again, uncharged; one that nobody knows is cancelled",
  async (t) => {
    await using engine = await Engine.start({ ...SINGLE, jobs: { maxAttempts: 2 } });
    await engine.coordinator();
    const agent = await engine.agent("g1");
    agent.works = false;
    await engine.submit("a", 1);
    await eventually("it is dispatched", () => agent.runs.length === 1);
    agent.forget(agent.runs[0]!.lease);
    agent.works = true;
    t.is((await engine.outcome("a")).state, "done");
    t.deepEqual(
      agent.runs.map(({ attempt }) => attempt),
      [1, 1],
    );
    t.not(agent.runs[0]!.lease, agent.runs[1]!.lease);

    agent.claim("nobody", "99:1");
    await eventually("it is told to stop", () =>
      agent.heard.some((message) => message.type === "cancel" && message.lease === "99:1"),
    );
  },
);

test.serial("E6: of cancel and result the first in the journal wins, and everybody learns which", async (t) => {
  await using engine = await Engine.start({ ...SINGLE, jobs: { maxInFlight: 200 } });
  await engine.coordinator();
  const agent = await engine.agent("g1", { permits: 200 });
  agent.works = false;
  const ids = numbers(60).map((index) => `race-${index}`);
  for (const id of ids) await engine.submit(id, id);
  await eventually("all are dispatched", () => agent.runs.length === ids.length);
  const end = (run: Run): void => {
    agent.say(agent.doneOf(run, 0, json("done")));
  };
  const [early, late, ...racing] = agent.runs;
  end(early!);
  await engine.outcome(early!.job);
  await engine.ask("cancel", { id: late!.job });
  const answers = racing.map(async (run, index) => {
    await delay(index); // each pair races for itself
    if (index % 2 === 0) end(run);
    const answer = engine.ask("cancel", { id: run.job });
    if (index % 2 === 1) end(run);
    return answer;
  });
  end(late!);
  const told = await Promise.all([
    engine.ask("cancel", { id: early!.job }),
    engine.ask("cancel", { id: late!.job }),
    ...answers,
  ]);
  const outcomes = await Promise.all(ids.map(async (id) => engine.outcome(id)));
  t.deepEqual(
    told.map(({ state }) => state),
    outcomes.map(({ state }) => state),
  );
  const count = (state: string): number => outcomes.filter((outcome) => outcome.state === state).length;
  t.log(`${count("done")} done, ${count("cancelled")} cancelled`);
  t.is(count("done") + count("cancelled"), ids.length);
  t.deepEqual([outcomes[0]!.state, outcomes[1]!.state], ["done", "cancelled"]);
  t.deepEqual(
    await Promise.all(ids.map(async (id) => (await engine.outcome(id)).state)),
    outcomes.map(({ state }) => state),
    "for good",
  );
});

test.serial("E7: jobs start in the order of their submission, through a change of owner", async (t) => {
  await using engine = await Engine.start(SINGLE);
  const first = engine.process();
  await first.owns();
  const ids = numbers(60).map((index) => `job-${String(index).padStart(2, "0")}`);
  for (const id of ids) await engine.submit(id, id);
  const gate = new Gate();
  const work: Work = async (context) => {
    if (context.run.job === ids[20]) await gate.opened;
    return trace(context);
  };
  const agent = await engine.agent("g1", { work });
  await eventually("a third is done", () => agent.worked.length >= 21);
  await first.kill();
  const second = engine.process();
  await second.owns();
  gate.open();
  for (const id of ids) t.is((await engine.outcome(id)).state, "done");
  t.deepEqual(
    [...new Set(agent.worked)],
    ids.map((id) => `${id} A`),
  );
});

const PROCESSING: Draft = {
  modules: [
    { name: "A", type: "trace", group: "g1" },
    { name: "Sum", type: "trace", group: "g2", dependsOn: ["A"], aggregate: true, expose: true },
  ],
};

test.serial(
  "a process takes exactly the set that was there when it was journalled, through failures and owners",
  async (t) => {
    await using engine = await Engine.start(PROCESSING);
    const first = engine.process();
    await first.owns();
    await engine.agent("g1");
    const gate = new Gate();
    const sets: string[] = [];
    const failures = new Map([
      ["p1", 1],
      ["p2", 9],
    ]);
    const work: Work = async ({ run, results, items }) => {
      if (run.phase === "run") return json(String(valueOf(results.get("A"))));
      const set = items.map((item) => valueOf(item)).join(" ");
      sets.push(`${run.job}: ${set}`);
      if (run.job === "p1") await gate.opened;
      const left = failures.get(run.job) ?? 0;
      failures.set(run.job, left - 1);
      if (left > 0) throw new WorkFailure({ kind: "retryable" });
      return json(set);
    };
    await engine.agent("g2", { work });
    const add = async (...names: string[]): Promise<void> => {
      for (const name of names) {
        await engine.submit(name, name);
        await engine.outcome(name);
      }
    };
    const process = async (id: string): Promise<unknown> => {
      await engine.ask("process", undefined, { "Troupe-Job-Id": id });
      const outcome = await engine.outcome(id);
      return outcome["result"] ?? outcome.error?.code;
    };
    await add("a", "b", "c");
    await first.kill();
    const second = engine.process();
    await second.owns();
    await engine.ask("process", undefined, { "Troupe-Job-Id": "p1" });
    await eventually("it is processed", () => sets.length === 1);
    await second.kill();
    const third = engine.process();
    await third.owns();
    await eventually(
      "the new owner has it",
      async () => (await engine.ask("status", { id: "p1" })).state === "running",
    );
    gate.open();
    t.deepEqual((await engine.outcome("p1"))["result"], { Sum: 'A("a") A("b") A("c")' });
    t.deepEqual(new Set(sets), new Set(['p1: A("a") A("b") A("c")']), "all attempts had the same set");
    await add("d", "e");
    t.is(await process("p2"), "ModuleError");
    t.deepEqual(await process("p3"), { Sum: 'A("d") A("e")' }, "a failure removes nothing");
    t.deepEqual(await process("p4"), { Sum: "" });
  },
);

test.serial("what is stored for a job is gone when nothing refers to it any more", async (t) => {
  await using engine = await Engine.start({ ...DIAMOND, jobs: { keepResultsSeconds: 1, maxAttempts: 1 } });
  // The sweep takes what is stored for a cancelled job by executions that had not heard of it yet.
  await engine.coordinator({ tuning: { pageMs: 50, sweepMs: 2_000 } });
  const blobs = new BlobStore(engine.bus, SCOPE);
  const work: Work = async ({ run, module }) => {
    if (run.job === "fails" && module.name === "D") throw new WorkFailure({});
    return blobs.put(
      { job: run.job, slot: String(engine.revision.modules.indexOf(module)) },
      "json",
      new TextEncoder().encode(JSON.stringify("x".repeat(40_000))),
    );
  };
  await engine.agents({ work });
  await engine.submit("large", "y".repeat(50_000));
  const outcome = await engine.outcome("large");
  t.like(outcome, { state: "done", stored: { D: { kind: "json", ref: { size: 40_002 } } } });
  await engine.submit("fails", "y".repeat(50_000));
  t.is((await engine.outcome("fails")).state, "failed");
  await engine.submit("stops", "y".repeat(50_000));
  await engine.ask("cancel", { id: "stops" });
  await eventually(
    "records and blobs are gone",
    async () => (await engine.held("records")) === 0 && (await engine.held("blobs")) === 0,
  );
  for (const id of ["large", "fails", "stops"]) t.is((await engine.ask("result", { id })).error?.code, "JobNotFound");
  t.is((await engine.submit("large", 1)).error, undefined, "its id is free again");
});

test.serial("a retried job keeps what it stored, though the record of its failure expires", async (t) => {
  await using engine = await Engine.start({ ...DIAMOND, jobs: { keepResultsSeconds: 2, maxAttempts: 1 } });
  await engine.coordinator({ tuning: { pageMs: 50 } });
  const blobs = new BlobStore(engine.bus, SCOPE);
  const gate = new Gate();
  let fails = true;
  const seen: number[] = [];
  const work: Work = async ({ run, module, results }) => {
    if (module.name !== "D")
      return blobs.put(
        { job: run.job, slot: String(engine.revision.modules.indexOf(module)) },
        "json",
        new TextEncoder().encode(JSON.stringify("x".repeat(40_000))),
      );
    if (fails) throw new WorkFailure({});
    await gate.opened;
    for (const payload of results.values()) if ("ref" in payload) seen.push((await blobs.get(payload)).byteLength);
    return json("done");
  };
  await engine.agents({ work });
  await engine.submit("a", 1);
  t.is((await engine.outcome("a")).state, "failed");
  await eventually("its failure is a record", async () => (await engine.held("records")) === 1);
  fails = false;
  await engine.ask("retry", { id: "a" });
  await eventually("the record is gone", async () => (await engine.held("records")) === 0);
  gate.open();
  t.is((await engine.outcome("a")).state, "done");
  t.deepEqual(seen, [40_002, 40_002]);
});
