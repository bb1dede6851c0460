import test, { type ExecutionContext } from "ava";
import { setTimeout as delay } from "node:timers/promises";
import { BlobStore, type Done, type UpMessage } from "@troupe/protocol";
import { eventually } from "../support/eventually.ts";
import { testNats } from "../support/nats.ts";
import { json, ownerOf, revisionOf, SCOPE, type TestOwner } from "./agent-owner.ts";
import { failed, OBEY, withAgent } from "./agent-setting.ts";

/** The agent still serves. */
async function servesOn(t: ExecutionContext, owner: TestOwner): Promise<void> {
  t.is(await owner.valueOf(await owner.dispatch("next", { do: "sleep", ms: 1 })), "slept");
}

test.serial("a block runs its modules in order, on input, parents' results and parameters", async (t) => {
  const modules = [
    { name: "A", type: "echo", journalled: false },
    { name: "B", type: "echo", dependsOn: [0] },
  ];
  await withAgent({ draft: { modules } }, async (owner) => {
    const done = await owner.dispatch("j1", "hello");
    t.is(done.type, "done");
    t.deepEqual(await owner.valueOf(done), {
      input: "hello",
      name: "B",
      attempt: 1,
      key: "j1:g",
      parents: [{ input: "hello", name: "A", attempt: 1, key: "j1:g", parents: [] }],
    });
    t.deepEqual(
      done.spans.map(({ module }) => module),
      [0, 1],
      "the spans of both modules come with the one message",
    );
    t.deepEqual(
      owner.ofLease("1:1").map(({ type }) => type),
      ["done"],
      "only what is journalled is sent",
    );
    await eventually("what the module printed is logged with its job", () => {
      return /\{[^\n]*"message":"working on j1"[^\n]*\}/.test(owner.output) && owner.output.includes('"job":"j1"');
    });
  });
});

test.serial("a journalled module is done before its block is", async (t) => {
  const modules = [
    { name: "A", type: "echo" },
    { name: "B", type: "sleep", parameters: { ms: 300 } },
  ];
  await withAgent({ draft: { modules } }, async (owner) => {
    const run = owner.runOf("j1", null);
    owner.say(run);
    const first = await owner.until("A is done", ({ type }) => type === "done");
    t.like(first, { module: 0, last: false });
    t.is(owner.ofLease(run.lease).length, 1, "B is not done yet");
    t.like(await owner.endOf(run), { module: 1, last: true });
  });
});

test.serial("inherited results are used, and their modules not run again", async (t) => {
  const modules = [
    { name: "A", type: "obey" },
    { name: "B", type: "echo", dependsOn: [0] },
  ];
  await withAgent({ draft: { modules } }, async (owner) => {
    const done = await owner.dispatch(
      "j1",
      { do: "throw" },
      { results: [{ module: 0, output: json("from before") }], attempt: 2 },
    );
    t.like(await owner.valueOf(done), { parents: ["from before"], attempt: 2 });
  });
});

test.serial("errors of a module are charged to it, with their kind, and the next job is served", async (t) => {
  await withAgent({ draft: { modules: OBEY } }, async (owner) => {
    const thrown = failed(t, await owner.dispatch("j1", { do: "throw" }));
    t.like(thrown, {
      module: 0,
      fault: "own",
      failure: { code: "ModuleError", message: "as asked", kind: "retryable" },
    });
    t.regex(thrown.failure.stack ?? "", /RangeError: as asked\n.*modules\.ts/);
    const terminal = failed(t, await owner.dispatch("j2", { do: "terminal" }));
    t.like(terminal, { failure: { code: "ModuleError", message: "bad input", kind: "terminal" } });
    const unencodable = failed(t, await owner.dispatch("j3", { do: "bigint" }));
    t.like(unencodable, { failure: { code: "ResultNotEncodable", kind: "terminal" } });
    t.regex(unencodable.failure.message, /result\.list\[1\]\.count is a BigInt/);
    const later = failed(t, await owner.dispatch("j4", { do: "throw-later" }));
    t.like(later, { module: 0, fault: "own", failure: { code: "ModuleError", message: "from a timer" } });
    t.is(await owner.valueOf(await owner.dispatch("j5", { do: "reject-after" })), "gone on");
    await servesOn(t, owner);
  });
});

test.serial("a module that ends its process ends its host alone", async (t) => {
  await withAgent({ draft: { modules: OBEY } }, async (owner) => {
    const fail = failed(t, await owner.dispatch("j1", { do: "exit" }));
    t.like(fail, { module: 0, fault: "own", failure: { code: "HostExited", kind: "retryable" } });
    t.regex(fail.failure.message, /code 7/);
    t.is(fail.spans.length, 1);
    await servesOn(t, owner);
  });
});

test.serial("a module that allocates until it dies is told so", async (t) => {
  await withAgent({ draft: { modules: OBEY }, env: { TROUPE_HOST_MEMORY_MB: "64" } }, async (owner) => {
    t.like(failed(t, await owner.dispatch("j1", { do: "allocate" })), {
      module: 0,
      failure: { code: "HostOutOfMemory" },
    });
    await servesOn(t, owner);
  });
});

test.serial("a module that blocks its thread past its timeout loses its host; beats go on meanwhile", async (t) => {
  const modules = [{ name: "A", type: "obey", timeoutMs: 1_200 }];
  await withAgent({ draft: { modules, graceMs: 200 } }, async (owner) => {
    const run = owner.runOf("j1", { do: "block" });
    owner.say(run);
    await owner.until(
      "a beat lists it",
      (message) => message.type === "beat" && message.executions.some(({ lease }) => lease === run.lease),
    );
    const fail = failed(t, await owner.endOf(run));
    t.like(fail, { module: 0, fault: "own", failure: { code: "HostUnresponsive" } });
    t.regex(fail.failure.message, /"A" ran longer than its timeout of 1.2 s\. It ignored its AbortSignal for 0.2 s/);
    await servesOn(t, owner);
  });
});

test.serial("a promise that never settles is no better than a blocked thread", async (t) => {
  await withAgent({ draft: { modules: OBEY, timeoutMs: 200, graceMs: 100 } }, async (owner) => {
    const fail = failed(t, await owner.dispatch("j1", { do: "never" }));
    t.like(fail, { module: 0, failure: { code: "HostUnresponsive" } });
    t.regex(fail.failure.message, /block of group "g"/);
    await servesOn(t, owner);
  });
});

test.serial("a module that honours its AbortSignal keeps its host", async (t) => {
  const modules = [{ name: "A", type: "obey", timeoutMs: 200 }];
  await withAgent({ draft: { modules } }, async (owner) => {
    t.like(failed(t, await owner.dispatch("j1", { do: "wait-for-abort" })), { failure: { code: "ModuleTimeout" } });
    const job = failed(t, await owner.dispatch("j2", { do: "wait-for-abort" }, { timeLeftMs: 50 }));
    t.like(job, { failure: { code: "JobTimeout", kind: "terminal" } });
    await servesOn(t, owner);
    t.is(owner.output.split("bootstrap").length, 1);
  });
});

test.serial("a thread that cannot be ended takes its process with it, after it was reported", async (t) => {
  const modules = [{ name: "A", type: "obey", timeoutMs: 100 }];
  await withAgent({ draft: { modules, graceMs: 100 } }, async (owner) => {
    const fail = failed(t, await owner.dispatch("j1", { do: "native" }));
    t.like(fail, { module: 0, fault: "own", failure: { code: "HostUnresponsive" } });
    t.is(await owner.exited, 75);
  });
});

test.serial(
  "with several in one host the guilty one is charged when it is known, the others are suspects at most",
  async (t) => {
    await withAgent({ draft: { modules: OBEY, concurrency: 3 } }, async (owner) => {
      const neighbours = [owner.runOf("n1", { do: "never" }), owner.runOf("n2", { do: "never" })];
      const guilty = owner.runOf("guilty", { do: "exit" });
      owner.say(...neighbours, guilty);
      t.like(failed(t, await owner.endOf(guilty)), { fault: "own" });
      for (const run of neighbours)
        t.like(failed(t, await owner.endOf(run)), { fault: "shared", failure: { code: "HostExited" } });
      await servesOn(t, owner);
    });
  },
);

test.serial("what had not started when the host died runs in the next one, in order", async (t) => {
  await withAgent({ draft: { modules: OBEY } }, async (owner) => {
    const runs = [
      owner.runOf("j1", { do: "exit" }),
      owner.runOf("j2", { do: "echo" }),
      owner.runOf("j3", { do: "echo" }),
    ];
    owner.say(...runs);
    failed(t, await owner.endOf(runs[0]!));
    t.is((await owner.endOf(runs[2]!)).type, "done");
    const ended = owner.heard.filter(({ type }) => type === "done").map((message) => (message as Done).job);
    t.deepEqual(ended, ["j2", "j3"]);
  });
});

test.serial("cancelled: what runs is aborted, what waits never starts, and both leave the beats", async (t) => {
  await withAgent({ draft: { modules: OBEY } }, async (owner) => {
    const running = owner.runOf("j1", { do: "wait-for-abort" });
    const waiting = owner.runOf("j2", { do: "exit" });
    owner.say(running, waiting);
    await owner.until("both are listed", (message) => message.type === "beat" && message.executions.length === 2);
    owner.say(
      { type: "cancel", lease: waiting.lease, reason: "asked to" },
      { type: "cancel", lease: running.lease, reason: "asked to" },
    );
    owner.heard.length = 0;
    await owner.until("a beat lists nothing", (message) => message.type === "beat" && message.executions.length === 0);
    await servesOn(t, owner);
    t.deepEqual([...owner.ofLease(running.lease), ...owner.ofLease(waiting.lease)], []);
  });
});

test.serial("results are sent again until they are acknowledged, and at once to a new owner", async (t) => {
  await withAgent({ draft: { modules: OBEY } }, async (owner) => {
    owner.acknowledges = false;
    const run = owner.runOf("j1", { do: "echo" });
    owner.say(run);
    const copies = (): UpMessage[] => owner.ofLease(run.lease).filter(({ type }) => type === "done");
    await eventually("it came again by itself", () => copies().length >= 2);
    await eventually("beats list it", () =>
      owner.heard.some((message) => message.type === "beat" && message.executions.length === 1),
    );
    const before = copies().length;
    owner.epoch = 5;
    owner.say({ type: "beacon", owner: "another" });
    await eventually("it came again for the new owner", () => copies().length > before);
    t.true(owner.heard.some((message) => message.type === "beat" && message.epoch === 5));

    owner.epoch = 4;
    owner.say({ type: "ack", what: [{ lease: run.lease, module: 0 }] });
    owner.say(owner.runOf("old", { do: "echo" }));
    owner.heard.length = 0;
    await eventually("a former owner's acknowledgement counts for nothing", () => copies().length >= 1);
    t.false(owner.heard.some((message) => "job" in message && message.job === "old"));

    owner.epoch = 5;
    owner.acknowledge(copies());
    owner.heard.length = 0;
    await owner.until("beats list nothing", (message) => message.type === "beat" && message.executions.length === 0);
  });
});

test.serial("a restarted NATS is found again, and gets what it missed", async (t) => {
  await using nats = await testNats();
  await using owner = await ownerOf({ url: nats.url, revision: revisionOf({ modules: OBEY }) });
  const run = owner.runOf("j1", { do: "sleep", ms: 400 });
  owner.say(run);
  await owner.until("it has started", ({ type }) => type === "progress");
  await nats.kill();
  await delay(500);
  await nats.start();
  t.is(await owner.valueOf(await owner.endOf(run)), "slept");
});

test.serial("1 MiB there and back, by way of the blob store", async (t) => {
  await withAgent({ draft: { modules: [{ name: "A", type: "raise" }] } }, async (owner) => {
    const bytes = new Uint8Array(1024 * 1024).fill(7);
    const input = await new BlobStore(owner.bus, SCOPE).put({ job: "j1", slot: "in" }, "binary", bytes);
    const done = await owner.dispatch("j1", input);
    t.deepEqual(Buffer.from((await owner.valueOf(done)) as Uint8Array), Buffer.from(bytes.fill(8)));
    const missing = { kind: "binary", ref: { ...input.ref, id: "j2.in.gone" } } as const;
    t.like(failed(t, await owner.dispatch("j2", missing)), { module: null, failure: { code: "PayloadUnavailable" } });
  });
});

test.serial("an aggregate collects in one phase and answers in the other, with what follows it", async (t) => {
  const modules = [
    { name: "read", type: "echo", journalled: false },
    { name: "collect", type: "collect", dependsOn: [0], aggregate: true, phase: "aggregate" },
    { name: "total", type: "total", dependsOn: [1], phase: "aggregate" },
  ] as const;
  await withAgent({ draft: { modules } }, async (owner) => {
    const items = [];
    for (const [index, input] of [3, 4].entries()) {
      const done = await owner.dispatch(`j${index}`, input);
      t.like(done, { module: 1, last: true });
      t.like(await owner.valueOf(done), { input });
      items.push((done as Done).output);
    }
    const run = owner.runOf("p1", null, { phase: "process", items: [{ module: 1, count: 2 }] });
    owner.say({ type: "items", lease: run.lease, module: 1, from: 1, items: items.slice(1) });
    owner.say({ type: "items", lease: run.lease, module: 1, from: 0, items: items.slice(0, 1) }, run);
    t.is(await owner.valueOf(await owner.endOf(run)), 7);
    t.deepEqual(await owner.valueOf(owner.ofLease(run.lease)[0]!), [3, 4]);
    const lost = owner.runOf("p2", null, { phase: "process", items: [{ module: 1, count: 2 }] });
    owner.say(lost);
    await owner.until(
      "a block whose items were lost is given back",
      (message) => message.type === "back" && message.lease === lost.lease,
    );
  });
});

test.serial("permits bound how many blocks run at a time; one that has to be alone is", async (t) => {
  await withAgent({ draft: { modules: OBEY, concurrency: 2 } }, async (owner) => {
    const runs = [1, 2, 3, 4].map((n) => owner.runOf(`j${n}`, { do: "sleep", ms: 60 }, { alone: n === 3 }));
    owner.say(...runs);
    const spans = [];
    for (const run of runs) spans.push((await owner.endOf(run)).spans[0]!);
    const [first, second, third, fourth] = spans;
    t.true(second!.startedAt < first!.endedAt, "two run side by side");
    t.true(third!.startedAt >= first!.endedAt && third!.startedAt >= second!.endedAt, "the third waits for both");
    t.true(fourth!.startedAt >= third!.endedAt, "the fourth waits for the third");
  });
});

test.serial("progress is passed on", async (t) => {
  await withAgent({ draft: { modules: OBEY } }, async (owner) => {
    await owner.dispatch("j1", { do: "progress" });
    const progress = await owner.until("it was reported", ({ type }) => type === "progress");
    t.like(progress, { job: "j1", module: 0, fraction: 0.5, message: "half of it" });
  });
});
