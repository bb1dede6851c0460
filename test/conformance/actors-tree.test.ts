import { actor, actorInfo, ActorPool, kill, listActors, put, startActors, task, type ActorHandle } from "@troupe/sdk";
import test from "ava";
import { eventually } from "../support/eventually.ts";
import {
  addThrough,
  BatchPredictor,
  Counter,
  DataStore,
  LoggingActor,
  LongPollingActor,
  MessageActor,
  passengersOf,
  Progress,
  runExperiment,
  samplePi,
  sendMessages,
  Supervisor,
} from "./actors/classes.ts";

const actors = await startActors({ cpus: 8, gpus: 1, spares: 2 });
test.after.always(async () => actors.close());

test("a supervisor's workers are asked for their states while they work, and end with it", async (t) => {
  const supervisor = await actor(Supervisor);
  await supervisor.hire();
  t.deepEqual(await supervisor.states(), ["PENDING", "PENDING", "PENDING"]);
  await supervisor.work();
  const seen = new Set<string>();
  await eventually("all workers are done", async () => {
    const states = await supervisor.states();
    for (const state of states) seen.add(state);
    return states.every((state) => state === "DONE");
  });
  t.true(seen.has("RUNNING"), "a state was seen while a worker worked");
  const { id } = await actorInfo(supervisor);
  const children = (await listActors()).filter(({ parent }) => parent.kind === "actor" && parent.id === id);
  t.deepEqual(
    children.map(({ className, status }) => [className, status]),
    Array(3).fill(["Worker", "alive"]),
  );
  await kill(supervisor);
  await eventually("the workers have ended with their supervisor", async () => {
    const all = await listActors();
    return children.every((child) => all.find((each) => each.id === child.id)?.death?.code === "ParentEnded");
  });
});

test("terminate ends the workers, and leaves the supervisor", async (t) => {
  const supervisor = await actor(Supervisor);
  await supervisor.hire();
  await supervisor.terminate();
  t.deepEqual(await supervisor.statuses(), ["dead", "dead", "dead"]);
});

test("thirty messages of three workers come once each, and in the order of each sender", async (t) => {
  const messages = await actor(MessageActor);
  const workers = Promise.all([0, 1, 2].map(async (worker) => task(sendMessages, messages, worker)));
  const got: string[] = [...(await messages.getAndClearMessages())];
  await workers;
  got.push(...(await messages.getAndClearMessages()));
  t.is(got.length, 30);
  for (const worker of [0, 1, 2]) {
    const own = got.filter((message) => message.endsWith(`from worker ${worker}.`));
    t.deepEqual(
      own,
      Array.from({ length: 10 }, (_, i) => `Message ${i} from worker ${worker}.`),
    );
  }
});

test("after awaiting the tasks the logging actor has every line", async (t) => {
  const logger = await actor(LoggingActor);
  await Promise.all([0, 1, 2].map(async (experiment) => task(runExperiment, experiment, logger)));
  const lines = Array.from({ length: 9 }, (_, i) => `On iteration ${i}`);
  t.deepEqual(await logger.logs(), { 0: lines, 1: lines, 2: lines });
});

test("pi is estimated by tasks that report to an actor", async (t) => {
  const progress = await actor(Progress);
  const samples = 20_000;
  const inside = await Promise.all([0, 1, 2, 3].map(async (n) => task(samplePi, n, samples, progress)));
  t.is(await progress.total(), 4 * samples);
  const pi = (4 * inside.reduce((sum, count) => sum + count, 0)) / (4 * samples);
  t.true(Math.abs(pi - Math.PI) < 0.05, String(pi));
});

test("an actor that polls for ever still answers", async (t) => {
  const store = await actor(DataStore);
  const poller = await actor(LongPollingActor, [store]);
  const run = poller.run();
  await eventually("it polls", async () => (await poller.processed()) > 5);
  t.true(await poller.otherTask());
  const before = await poller.processed();
  await eventually("it goes on polling", async () => (await poller.processed()) > before);
  await kill(poller);
  await t.throwsAsync(run, { name: "ActorDiedError" });
});

test("handles travel in any nesting, and a task uses what it finds", async (t) => {
  const counter = await actor(Counter, [5]);
  const nested = { deep: new Map([["list", [{ counter }]]]) };
  const sum = await task(addThrough, nested);
  t.is(sum, 7);
});

test("twelve shards over six actors, the model put once: results in shard order, with exact sums", async (t) => {
  const model = await put(new Float64Array(100_000).fill(1, 2));
  const actors = await Promise.all(Array.from({ length: 6 }, async () => actor(BatchPredictor, [model])));
  const pool = new ActorPool<ActorHandle<BatchPredictor>, { rows: number; tips: number }>(actors);
  const shards = Array.from({ length: 12 }, (_, shard) => passengersOf(shard));
  for (const shard of shards) pool.submit(async (predictor, trips) => predictor.predict(trips), shard);
  const results: { rows: number; tips: number }[] = [];
  while (pool.hasNext()) results.push(await pool.getNext());
  t.deepEqual(
    results,
    shards.map((trips) => ({ rows: trips.length, tips: trips.filter((count) => count >= 2).length })),
  );
});
