/** Actors under fire: killed in the middle of calls, NATS and coordinator restarted, a client that dies. */
import { actor, actorInfo, ActorPool, kill, listActors, startActors, type ActorHandle } from "@troupe/sdk";
import test from "ava";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Counter, Recorder } from "../conformance/actors/classes.ts";
import { pidOf } from "../support/actor-pid.ts";
import { eventually } from "../support/eventually.ts";
import { isRunning, parentOf } from "../support/processes.ts";

test.serial("NATS and the coordinator are killed while calls run: each call once, in order", async (t) => {
  await using actors = await startActors({ cpus: 4, spares: 1 });
  const recorder = await actor(Recorder, [], { maxConcurrency: 1 });
  const calls: Promise<number>[] = [];
  for (let i = 0; i < 60; i++) {
    calls.push(recorder.slow(String(i), 5));
    if (i === 20) actors.local?.kill("nats", "SIGKILL");
    if (i === 40) actors.local?.kill("coordinator-0", "SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  t.deepEqual(
    await Promise.all(calls),
    Array.from({ length: 60 }, (_, i) => i + 1),
  );
  t.deepEqual(
    await recorder.lines(),
    Array.from({ length: 60 }, (_, i) => String(i)),
  );
  const later = await actor(Counter, [1]);
  t.is(await later.increment(1), 2, "births go on");
  t.is((await actorInfo(recorder)).restarts, 0, "nobody was taken for dead");
});

test.serial("actors are killed again and again: no call hangs, retried ones all end well", async (t) => {
  await using _actors = await startActors({ cpus: 4, spares: 2 });
  const counter = await actor(Counter, [0], { maxRestarts: -1, maxTaskRetries: -1 });
  let done = 0;
  for (let round = 0; round < 5; round++) {
    const calls = Array.from({ length: 50 }, async () => counter.increment(1));
    process.kill(await pidOf(counter), "SIGKILL");
    done += (await Promise.all(calls)).length;
    // Calls may all have been done before the kill came: then it is its former life that is known for a while.
    await eventually("its next life is known", async () => {
      const { restarts, facts } = await actorInfo(counter);
      return restarts > round && facts !== null;
    });
  }
  t.is(done, 250);
  t.is((await actorInfo(counter)).restarts, 5);
});

test.serial("a client that dies takes its actors along, and leaves those that are detached", async (t) => {
  await using actors = await startActors({ cpus: 4, spares: 2 });
  const program = join(import.meta.dirname, "actors-client.ts");
  const child = spawn(process.execPath, [program, actors.local?.natsUrl ?? ""], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout });
  t.deepEqual(await once(lines, "line"), ["ready"]);
  const names = async (): Promise<(string | null)[]> =>
    (await listActors()).filter(({ status }) => status === "alive").map(({ name }) => name);
  t.deepEqual((await names()).toSorted(), ["detached", "owned"]);
  child.kill("SIGKILL");
  await eventually("its actor has ended", async () => !(await names()).includes("owned"));
  t.deepEqual(await names(), ["detached"]);
  const owned = (await listActors()).find(({ name }) => name === "owned");
  t.is(owned?.death?.code, "ClientEnded");
  const detached = await actor(Counter, [], { name: "detached", getIfExists: true });
  t.is(await detached.increment(1), 6);
  await kill(detached);
});

test.serial("a group keeps its names over a restart of its coordinator", async (t) => {
  await using actors = await startActors({ cpus: 4, spares: 1 });
  const counter = await actor(Counter, [3], { name: "kept" });
  actors.local?.kill("coordinator-0", "SIGKILL");
  await t.throwsAsync(actor(Counter, [], { name: "kept" }), { name: "ActorAlreadyExistsError" });
  t.is(await counter.increment(1), 4);
});

test.serial(
  "the process that keeps the actors of a program dies: no call hangs, nothing is left behind, and another group can be started",
  async (t) => {
    {
      await using actors = await startActors({ cpus: 4, spares: 1 });
      const counter = await actor(Counter, [3], { maxRestarts: -1, maxTaskRetries: -1 });
      const idle = await actor(Counter);
      const pids = await actors.local!.processes();
      const running = t.throwsAsync(counter.block(60_000), { name: "ActorDiedError" });
      const waiting = t.throwsAsync(counter.increment(1), { name: "ActorDiedError" });
      await eventually("it works", async () => (await actorInfo(counter)).facts?.running.length === 1);
      const keeper = parentOf(pids["coordinator-0"] ?? 0);
      t.true(keeper > 1);
      process.kill(keeper, "SIGKILL");
      t.regex((await running).message, /the process that keeps the actors of this program was ended by SIGKILL/);
      t.like(await waiting, { reason: "HostLost" });
      await t.throwsAsync(idle.increment(1), { name: "ActorDiedError", message: /was ended by SIGKILL/ });
      await t.throwsAsync(actor(Counter), { name: "NoRegistryError", message: /is gone: the process that keeps/ });
      await t.throwsAsync(actorInfo(idle), { name: "NoRegistryError" });
      await eventually("its processes have ended", () => !Object.values(pids).some(isRunning));
    }
    await using _another = await startActors({ cpus: 4, spares: 0 });
    t.is(await (await actor(Counter, [1])).increment(1), 2);
  },
);

test.serial(
  "a pool that loses all its actors fails what was begun with the reason, and everybody else hears that it is empty",
  async (t) => {
    await using _actors = await startActors({ cpus: 4, spares: 2 });
    const counters = await Promise.all([actor(Counter), actor(Counter), actor(Counter)]);
    const pool = new ActorPool<ActorHandle<Counter>, void>(counters);
    for (let n = 0; n < 6; n++) pool.submit(async (counter, ms: number) => counter.block(ms), 60_000);
    await eventually("all three work", async () =>
      (await Promise.all(counters.map(async (each) => (await actorInfo(each)).facts?.running.length))).every(
        (running) => running === 1,
      ),
    );
    for (const counter of counters) process.kill(await pidOf(counter), "SIGKILL");
    const reasons: string[] = [];
    while (pool.hasNext()) reasons.push((await t.throwsAsync(pool.getNext())).name);
    t.deepEqual(reasons, [...Array<string>(3).fill("ActorDiedError"), ...Array<string>(3).fill("PoolEmptyError")]);
    const fresh = await actor(Counter);
    pool.push(fresh);
    pool.submit(async (counter) => counter.block(1), 0);
    await pool.getNext();
    t.is(pool.size, 1, "and goes on with one that is pushed");
  },
);

test.serial("a pool whose tasks may be tried again loses actors and no task", async (t) => {
  await using _actors = await startActors({ cpus: 4, spares: 2 });
  const recorders = await Promise.all([actor(Recorder), actor(Recorder), actor(Recorder)]);
  const pool = new ActorPool<ActorHandle<Recorder>, number>(recorders, { retries: 2 });
  for (let n = 0; n < 30; n++) pool.submit(async (recorder, line: string) => recorder.slow(line, 20), String(n));
  const [first, second] = await Promise.all(recorders.map(pidOf));
  await pool.getNext();
  process.kill(first!, "SIGKILL");
  await pool.getNext();
  process.kill(second!, "SIGKILL");
  let done = 2;
  while (pool.hasNext()) {
    await pool.getNext();
    done++;
  }
  t.is(done, 30);
  t.is(pool.size, 1);
});
