/** Replicas that are cut off from NATS: nobody begins a call that somebody else may have begun. */
import { actor, actorInfo, startActors, type ActorHandle } from "@troupe/sdk";
import test from "ava";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Scribe } from "../conformance/actors/classes.ts";
import { eventually } from "../support/eventually.ts";
import { FREE_SCOPE, nurseryHere, registryProcess } from "../support/free-group.ts";
import { testNats } from "../support/nats.ts";
import { isRunning } from "../support/processes.ts";
import { TcpProxy } from "../support/tcp-proxy.ts";

const CALLS = 600;
const CALL_MS = 20;
/** While so much time passes without a call, none is going to begin by itself. */
const QUIET_MS = 3_000;

interface Journal {
  readonly path: string;
  /** Process and number of each call, in the order in which they began. */
  readonly lines: () => Promise<readonly (readonly [pid: number, call: number])[]>;
}

async function journal(cleanup: AsyncDisposableStack): Promise<Journal> {
  const folder = await mkdtemp(join(tmpdir(), "troupe-test-"));
  cleanup.defer(async () => rm(folder, { recursive: true }));
  const path = join(folder, "calls");
  await writeFile(path, "");
  return {
    path,
    lines: async () =>
      (await readFile(path, "utf8"))
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => line.split(" ").map(Number) as [number, number]),
  };
}

/** @returns how many calls had begun when no more did. */
async function quiet({ lines }: Journal): Promise<number> {
  let count = -1;
  await eventually(
    "no call begins any more",
    async () => {
      const before = count;
      count = (await lines()).length;
      if (count === before) return true;
      await delay(QUIET_MS);
      return false;
    },
    60_000,
  );
  return count;
}

function callAll(scribe: ActorHandle<Scribe>): Promise<number[]> {
  const calls = Promise.all(Array.from({ length: CALLS }, async (_, call) => scribe.write(call, CALL_MS)));
  calls.catch(() => undefined); // awaited later
  return calls;
}

const ALL = Array.from({ length: CALLS }, (_, call) => call);

test.serial(
  "an actor that is cut off begins no call before the registry has confirmed it, and then all of them once",
  async (t) => {
    await using cleanup = new AsyncDisposableStack();
    const nats = cleanup.use(await testNats());
    const registry = cleanup.use(await registryProcess(nats.url, "c-0"));
    const proxy = cleanup.use(await TcpProxy.to(nats.url));
    cleanup.use(await nurseryHere("a", { own: nats.url, actors: proxy.url }));
    cleanup.use(await startActors({ nats: nats.url, group: FREE_SCOPE.pipeline }));
    const notes = await journal(cleanup);
    const scribe = await actor(Scribe, [notes.path], { maxConcurrency: 1 });
    const calls = callAll(scribe);
    await eventually("it works", async () => (await notes.lines()).length > 10);

    proxy.cut();
    const begun = await quiet(notes);
    t.true(begun < CALLS, "it paused, with calls in its mailbox");
    registry.process.kill("SIGSTOP");
    proxy.heal();
    await delay(QUIET_MS);
    t.is((await notes.lines()).length, begun, "NATS is back, and nobody has confirmed it");
    registry.process.kill("SIGCONT");
    t.deepEqual(await calls, ALL);
    const lines = await notes.lines();
    t.deepEqual(
      lines.map(([, call]) => call),
      ALL,
      "each once, in order",
    );
    t.is(new Set(lines.map(([pid]) => pid)).size, 1, "in one process");
    t.is((await actorInfo(scribe)).restarts, 0);
  },
);

test.serial(
  "a replica that is cut off has a successor: it begins no call after the successor's first, and ends when it is back",
  async (t) => {
    await using cleanup = new AsyncDisposableStack();
    const nats = cleanup.use(await testNats());
    cleanup.use(await registryProcess(nats.url, "c-0"));
    const proxy = cleanup.use(await TcpProxy.to(nats.url));
    cleanup.use(await nurseryHere("a", { own: proxy.url, actors: proxy.url }));
    cleanup.use(await startActors({ nats: nats.url, group: FREE_SCOPE.pipeline }));
    const notes = await journal(cleanup);
    const scribe = await actor(Scribe, [notes.path], { maxConcurrency: 1, maxRestarts: 1, maxTaskRetries: -1 });
    const calls = callAll(scribe);
    await eventually("it works", async () => (await notes.lines()).length > 10);
    const former = (await notes.lines())[0]?.[0] ?? 0;
    cleanup.use(await nurseryHere("b", { own: nats.url, actors: nats.url }));

    proxy.cut();
    t.deepEqual(await calls, ALL);
    const { replica, restarts, death } = await actorInfo(scribe);
    t.deepEqual([replica, restarts], ["b", 1]);
    t.is(death?.code, "HostLost");
    const pids = (await notes.lines()).map(([pid]) => pid);
    t.is(
      pids.lastIndexOf(former) + 1,
      pids.findIndex((pid) => pid !== former),
      "the former one begins nothing more",
    );
    t.true(isRunning(former), "it is still there, and waits");
    const count = pids.length;
    proxy.heal();
    await eventually("the former one has ended", () => !isRunning(former));
    t.is((await notes.lines()).length, count);
  },
);
