/** How an agent begins, changes and ends. */
import test from "ava";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { publishRevision } from "@troupe/protocol";
import { testNats } from "../support/nats.ts";
import { isRunning } from "../support/processes.ts";
import { ownerOf, revisionOf, SCOPE } from "./agent-owner.ts";
import { failed, OBEY, withAgent } from "./agent-setting.ts";

test.serial("draining: the rest is given back, what runs ends, modules are torn down, exit 0", async (t) => {
  const modules = [
    { name: "A", type: "obey" },
    { name: "B", type: "echo" },
  ];
  await withAgent({ draft: { modules } }, async (owner) => {
    const running = owner.runOf("j1", { do: "sleep", ms: 300 });
    const waiting = owner.runOf("j2", { do: "echo" });
    owner.say(running, waiting);
    await owner.until("the first has started", ({ type }) => type === "progress");
    owner.agent.kill("SIGTERM");
    t.is((await owner.endOf(running)).type, "done");
    await owner.until(
      "the other is given back",
      (message) => message.type === "back" && message.lease === waiting.lease,
    );
    t.is(await owner.exited, 0);
    t.true(owner.heard.some((message) => message.type === "beat" && message.state === "draining"));
    t.regex(owner.output, /torn down/);
  });
});

test.serial("draining: what does not end in time is given back", async (t) => {
  await withAgent({ draft: { modules: OBEY }, env: { TROUPE_DRAIN_MS: "800" } }, async (owner) => {
    const run = owner.runOf("j1", { do: "never" });
    owner.say(run);
    await owner.until("it is listed", (message) => message.type === "beat" && message.executions.length === 1);
    owner.agent.kill("SIGTERM");
    await owner.until("it is given back", (message) => message.type === "back" && message.lease === run.lease);
    t.is(await owner.exited, 0);
  });
});

test.serial("modules that cannot start make the replica broken, until they can", async (t) => {
  await using nats = await testNats();
  const needs = join(await mkdtemp(join(tmpdir(), "troupe-test-")), "model");
  const revision = revisionOf({ modules: [{ name: "A", type: "late", parameters: { needs } }] });
  await using owner = await ownerOf({ url: nats.url, revision, files: ["broken-bootstrap.ts"] }, "broken");
  const beat = await owner.until("it says why", (message) => message.type === "beat" && message.state === "broken");
  t.like(beat, {
    problem: { code: "BootstrapFailed", message: 'Module "A" (type late): bootstrap failed: no model file' },
  });
  await writeFile(needs, "");
  await owner.until("it is ready", (message) => message.type === "beat" && message.state === "ready");
  t.is(await owner.valueOf(await owner.dispatch("j1", null)), "at last");
});

test.serial("another revision is bootstrapped when its first job comes", async (t) => {
  await withAgent({ draft: { modules: [{ name: "A", type: "echo" }] } }, async (owner) => {
    await publishRevision(
      owner.bus,
      SCOPE,
      revisionOf({ id: "r2", modules: [{ name: "A2", type: "echo", parameters: { x: 1 } }] }),
    );
    t.like(await owner.valueOf(await owner.dispatch("j1", 1, { revision: "r2" })), { name: "A2" });
    t.like(await owner.valueOf(await owner.dispatch("j2", 2)), { name: "A" });
    await publishRevision(owner.bus, SCOPE, revisionOf({ id: "r3", modules: [{ name: "A", type: "unknown" }] }));
    const fail = failed(t, await owner.dispatch("j3", 3, { revision: "r3" }));
    t.like(fail, { module: null, failure: { code: "BootstrapFailed" } });
    t.regex(
      fail.failure.message,
      /Module "A" \(type unknown\): no such type is registered\. Looked at: .*modules\.ts\. Registered: .*echo/,
    );
  });
});

test.serial("an agent ends with its parent", async (t) => {
  await withAgent({ draft: { modules: OBEY } }, async (owner) => {
    owner.say(owner.runOf("j1", { do: "block" }));
    await owner.until("it is listed", (message) => message.type === "beat" && message.executions.length === 1);
    owner.agent.disconnect();
    await owner.exited;
    t.false(isRunning(owner.agent.pid!));
  });
});
