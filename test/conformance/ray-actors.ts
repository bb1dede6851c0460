/** Ray's tour of actor patterns: a tree of actors, batch inference, handles given to tasks, and the two exercises. */
import { actor, actorInfo, ActorPool, kill, listActors, put, task, type ActorHandle } from "@troupe/sdk";
import test from "ava";
import { Predictor, predict, readDigits, ROW, shardsOf, train, type Prediction } from "../../examples/actors/digits.ts";
import { eventually } from "../support/eventually.ts";
import type { OpenGroup } from "./actor-group.ts";
import {
  LoggingActor,
  MessageActor,
  Progress,
  runExperiment,
  samplePi,
  sendMessages,
  Supervisor,
  trainInVain,
  trainLinear,
  trainNetwork,
  type State,
} from "./actors/ray-tour.ts";

const COLD_STARTS = 20;

/** Registers the cases with ava. `name` says where the groups are that `openGroup` opens. */
export function describeRayActors(name: string, openGroup: OpenGroup): void {
  describeTree(name, openGroup);
  describeInference(name, openGroup);
  describeMessages(name, openGroup);
  describeExercises(name, openGroup);
}

function describeTree(name: string, openGroup: OpenGroup): void {
  test.serial(
    `${name}: a supervisor's workers are asked for their states until all are done, and end with it`,
    async (t) => {
      await using _group = await openGroup();
      const supervisor = await actor(Supervisor);
      await supervisor.hire([
        ["lr", trainLinear],
        ["cl", trainLinear],
        ["nn", trainNetwork],
      ]);
      t.deepEqual(await supervisor.states(), ["PENDING", "PENDING", "PENDING"]);
      await supervisor.work();
      const seen = await statesUntil(supervisor, (state) => state === "DONE");
      t.true(seen.has("RUNNING"), "a state was seen while a worker worked");
      const { id } = await actorInfo(supervisor);
      const children = (await listActors()).filter(({ parent }) => parent.kind === "actor" && parent.id === id);
      t.deepEqual(
        children.map(({ className, status, restarts }) => [className, status, restarts]),
        Array(3).fill(["Worker", "alive", 0]),
      );
      await kill(supervisor);
      await eventually("the workers have ended with their supervisor", async () => {
        const all = await listActors();
        return children.every((child) => all.find((each) => each.id === child.id)?.death?.code === "ParentEnded");
      });
    },
  );

  test.serial(
    `${name}: a worker that fails says so, and the others go on; terminate ends them all, and leaves the supervisor`,
    async (t) => {
      await using _group = await openGroup();
      const supervisor = await actor(Supervisor);
      await supervisor.hire([
        ["lr", trainLinear],
        ["svm", trainInVain],
      ]);
      await supervisor.work();
      await statesUntil(supervisor, (state) => state === "DONE" || state === "FAILED");
      t.deepEqual(await supervisor.states(), ["DONE", "FAILED"]);
      t.deepEqual(await supervisor.failures(), ["RangeError: no gradient"]);
      t.deepEqual(await supervisor.statuses(), ["alive", "alive"]);
      await supervisor.terminate();
      t.deepEqual(await supervisor.statuses(), ["dead", "dead"]);
      t.is((await actorInfo(supervisor)).status, "alive");
    },
  );
}

async function statesUntil(
  supervisor: ActorHandle<Supervisor>,
  isEnd: (state: State) => boolean,
): Promise<ReadonlySet<State>> {
  const seen = new Set<State>();
  await eventually("all workers have ended their work", async () => {
    const states = await supervisor.states();
    for (const state of states) seen.add(state);
    return states.every(isEnd);
  });
  return seen;
}

function describeInference(name: string, openGroup: OpenGroup): void {
  test.serial(
    `${name}: twelve shards over six actors, the model put once: results in shard order, with exact sums`,
    async (t) => {
      await using _group = await openGroup();
      const images = readDigits();
      const model = train(images);
      const ref = await put(model);
      const actors = await Promise.all(Array.from({ length: 6 }, async () => actor(Predictor, [ref])));
      const pool = new ActorPool<ActorHandle<Predictor>, Prediction>(actors);
      const shards = shardsOf(images, 12);
      for (const shard of shards) pool.submit(async (predictor, part) => predictor.predict(part), shard);
      const results: Prediction[] = [];
      while (pool.hasNext()) results.push(await pool.getNext());
      t.deepEqual(
        results,
        shards.map((shard) => predict(model, shard)),
      );
      t.is(
        results.reduce((sum, { images: each }) => sum + each, 0),
        images.length / ROW,
      );
      const right = results.reduce((sum, each) => sum + each.right, 0);
      t.is(right, 1_626, "nine of ten digits are read as they were meant");
    },
  );
}

function describeMessages(name: string, openGroup: OpenGroup): void {
  test.serial(
    `${name}: thirty messages of three workers come once each, and in the order of each sender`,
    async (t) => {
      await using _group = await openGroup();
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
    },
  );
}

function describeExercises(name: string, openGroup: OpenGroup): void {
  const lines = Array.from({ length: 9 }, (_, i) => `On iteration ${i}`);
  for (let round = 1; round <= COLD_STARTS; round++) {
    test.serial(
      `${name}: after awaiting the tasks the logging actor has all 27 lines, from cold (${round})`,
      async (t) => {
        await using _group = await openGroup();
        const logger = await actor(LoggingActor);
        await Promise.all([0, 1, 2].map(async (experiment) => task(runExperiment, experiment, logger)));
        t.deepEqual(await logger.logs(), { 0: lines, 1: lines, 2: lines });
      },
    );
  }

  test.serial(`${name}: pi is estimated by tasks, and their progress kept in an actor`, async (t) => {
    await using _group = await openGroup();
    const progress = await actor(Progress);
    const samples = 20_000;
    const inside = await Promise.all([0, 1, 2, 3].map(async (n) => task(samplePi, n, samples, progress)));
    t.is(await progress.total(), 4 * samples);
    const pi = (4 * inside.reduce((sum, count) => sum + count, 0)) / (4 * samples);
    t.true(Math.abs(pi - Math.PI) < 0.05, String(pi));
  });
}
