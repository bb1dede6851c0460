/** The rules of thread-chunks, and where it fell short. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import {
  actor,
  ActorDiedError,
  actorInfo,
  ActorUsageError,
  CheckpointMismatchError,
  chunk,
  ChunkElementError,
  Chunker,
  ChunkUsageError,
  listActors,
  NotSendableError,
  startActors,
  type ActorHandle,
  type Actors,
  type ChunkProgress,
} from "@troupe/sdk";
import { providedSystem } from "@troupe/sdk/internal";
import { eventually } from "../support/eventually.ts";
import {
  add,
  busyFor,
  dieAlways,
  dieOnce,
  multiply,
  noteAndRefuse,
  Notes,
  refuseOrWait,
  refuseTwo,
  subtract,
  TaggingActor,
  whereabouts,
} from "./modules/chunks.ts";
import type { OpenGroup } from "./actor-group.ts";

const PAIRS: [number, number][] = [
  [1, 4],
  [2, 5],
  [3, 6],
];

/**
 * Registers the cases with ava. `name` says where the groups are that `openGroup` opens. Some open none, to see what a map starts and stops by
 * itself: they go by the environment (`TROUPE_NATS_URL`, `TROUPE_GROUP` …). Registered last in a file: its group is open until the end.
 */
export function describeThreadChunks(name: string, openGroup: OpenGroup): void {
  describeLifetime(name, openGroup);
  let group: Actors | undefined;
  // After the cases about groups that come and go, which are serial and so run first.
  test.serial(`${name}: a group is there for what follows`, async (t) => {
    group = await openGroup();
    t.pass();
  });
  test.after.always(async () => group?.close());
  describeReuse(name);
  describeFailures(name);
  describeCheckpoints(name);
  describeRefusals(name);
}

const isRunning = (): boolean => providedSystem() !== undefined;

/** Group and connection: what was there stays, and what was started is stopped, unless it is to persist. */
function describeLifetime(name: string, openGroup: OpenGroup): void {
  test.serial(
    `${name}: chunk starts a group when there is none, and stops it; maps at the same time share it`,
    async (t) => {
      t.deepEqual(await Promise.all([chunk(add, PAIRS, { chunkSize: 1 }), chunk(add, PAIRS, { chunkSize: 1 })]), [
        [5, 7, 9],
        [5, 7, 9],
      ]);
      t.false(isRunning());
    },
  );

  test.serial(`${name}: a group that was there stays, for chunk and for a chunker`, async (t) => {
    await using group = await openGroup();
    t.deepEqual(await chunk(add, PAIRS, { chunkSize: 1 }), [5, 7, 9]);
    {
      await using chunker = new Chunker(add, { chunkSize: 1 });
      t.deepEqual(await chunker(PAIRS), [5, 7, 9]);
    }
    t.true(
      (await listActors()).every(({ status }) => status === "dead"),
      "whose workers have ended",
    );
    await group.close();
    t.false(isRunning());
  });

  test.serial(`${name}: a chunker stops the group that it started, unless it is persistent`, async (t) => {
    {
      await using chunker = new Chunker(add, { chunkSize: 1 });
      t.deepEqual(await chunker(PAIRS), [5, 7, 9]);
      t.true(isRunning());
    }
    t.false(isRunning());
    const persistent = new Chunker(add, { chunkSize: 1, persistent: true });
    t.true(persistent.persistent);
    t.deepEqual(await persistent(PAIRS), [5, 7, 9]);
    await persistent.close();
    t.true(isRunning());
    await t.throwsAsync(startActors(), { instanceOf: ActorUsageError });
    t.deepEqual(await chunk(add, PAIRS, { chunkSize: 1 }), [5, 7, 9]);
    t.true(isRunning());
    await (await providedSystem()?.())?.close();
  });
}

function describeReuse(name: string): void {
  test(`${name}: results stand in the order of the parameters`, async (t) => {
    t.deepEqual(await chunk(add, PAIRS, { chunkSize: 2 }), [5, 7, 9]);
    t.deepEqual(await chunk((a: number) => -a, [3, 1, 2], { chunkSize: 2 }), [-3, -1, -2]);
    t.deepEqual(await chunk(add, [], { chunkSize: 1 }), []);
  });

  test(`${name}: a chunker keeps its actors; another function replaces theirs and stays, whoever gave it`, async (t) => {
    await using chunker = new Chunker(add, { chunkSize: 2 });
    t.is(chunker.chunkSize, 2);
    t.deepEqual(await chunker(PAIRS), [5, 7, 9]);
    t.deepEqual(await chunker(PAIRS), [5, 7, 9]);
    t.deepEqual(await chunker(PAIRS, multiply), [4, 10, 18]);
    t.deepEqual(await chunker(PAIRS), [4, 10, 18]);
    t.deepEqual(await chunk(null, PAIRS, { actors: chunker.actors }), [4, 10, 18]);
    t.deepEqual(await chunk(null, PAIRS, { actors: chunker.actors, chunkSize: 2 }), [4, 10, 18]);
    t.deepEqual(await chunk(subtract, PAIRS, { actors: chunker.actors }), [-3, -3, -3]);
    t.deepEqual(await chunker(PAIRS), [-3, -3, -3]);
    t.is((await chunker.actors).length, 2);
  });

  test(`${name}: exactly chunkSize workers, refilled as they finish, the same ones again`, async (t) => {
    await using chunker = new Chunker(busyFor, { chunkSize: 3 });
    const work = async (): Promise<Awaited<ReturnType<typeof busyFor>>[]> =>
      chunker([60, 20, 20, 20, 20, 20].map((ms) => [ms]));
    const spans = await work();
    for (const { from } of spans) t.true(spans.filter((other) => other.from < from && from < other.to).length < 3);
    await eventually("the others take what comes after while the longest runs", async () => {
      const [longest, , , fourth] = await work();
      return longest!.where !== fourth!.where && fourth!.from < longest!.to;
    });
    const places = new Set(spans.map(({ where }) => where));
    t.true(places.size <= 3);
    for (const { where } of await chunker([1, 1, 1])) t.true(places.has(where) || places.size < 3);
    const few = new Set(await chunker([[], []], whereabouts));
    t.true(few.size <= 2);
    t.is((await chunker.actors).length, 3);
  });

  test(`${name}: what was started is stopped: the actors of a closed chunker are dead`, async (t) => {
    const chunker = new Chunker(add, { chunkSize: 2 });
    const actors = await chunker.actors;
    await chunker.close();
    await chunker.close();
    for (const each of actors) t.is((await actorInfo(each)).status, "dead");
    await t.throwsAsync(chunker(PAIRS), { instanceOf: ChunkUsageError, message: /closed/ });
  });

  test(`${name}: classes of one's own that extend LabelledActor, by chunk and by Chunker`, async (t) => {
    const actors = await Promise.all([actor(TaggingActor, [add]), actor(TaggingActor, [add])]);
    t.deepEqual(await chunk(null, PAIRS, { actors }), [1005, 1007, 1009]);
    await using chunker = new Chunker(null, { actors });
    t.deepEqual(await chunker(PAIRS, multiply), [1004, 1010, 1018]);
    t.deepEqual(await chunk(subtract, PAIRS, { actors }), [997, 997, 997]);
    await chunker.close();
    t.is((await actorInfo(actors[0])).status, "alive");
  });
}

function describeFailures(name: string): void {
  test(`${name}: a failing element is named by its index; the rest is cancelled, and the actors serve on`, async (t) => {
    await using chunker = new Chunker(refuseTwo, { chunkSize: 2 });
    const error = await t.throwsAsync(chunker([[0], [1], [2], [3]]), { instanceOf: ChunkElementError });
    t.is(error.index, 2);
    t.is(error.message, "element 2 of 4 failed: not 2");
    t.is((error.cause as Error).name, "RangeError");
    t.deepEqual(await chunker([[5], [6]]), [5, 6]);

    const notes = await actor(Notes);
    await t.throwsAsync(
      chunk(
        refuseOrWait,
        [0, 1].map((value): [number, ActorHandle<Notes>] => [value, notes]),
        { chunkSize: 2 },
      ),
      {
        message: "element 0 of 2 failed: first",
      },
    );
    t.deepEqual(await notes.lines(), ["started", "cancelled"]);
  });

  test(`${name}: errors are collected where the caller asks for it`, async (t) => {
    const results = await chunk(refuseTwo, [[1], [2], [3]], { chunkSize: 2, onError: "collect" });
    t.deepEqual(
      results.map((result) => (result.status === "fulfilled" ? result.value : String(result.reason))),
      [1, "RangeError: not 2", 3],
    );
  });

  test(`${name}: a worker's death is survived, also by one that was given another function since`, async (t) => {
    const elements = async (): Promise<[number, ActorHandle<Notes>][]> => {
      const notes = await actor(Notes);
      return [0, 1, 2, 3].map((value) => [value, notes]);
    };
    t.deepEqual(await chunk(dieOnce, await elements(), { chunkSize: 1 }), [0, 10, 20, 30]);
    await using chunker = new Chunker(add, { chunkSize: 2 });
    await chunker(PAIRS);
    t.deepEqual(await chunker(await elements(), dieOnce), [0, 10, 20, 30]);
  });

  test(`${name}: an element that kills every worker fails, the others are done`, async (t) => {
    const results = await chunk(dieAlways, [[0], [1], [2]], { chunkSize: 1, retries: 1, onError: "collect" });
    t.deepEqual(
      results.map(({ status }) => status),
      ["fulfilled", "rejected", "fulfilled"],
    );
    const [, died] = results;
    t.true(died?.status === "rejected" && died.reason instanceof ActorDiedError && died.reason.exitCode === 7);
  });

  test(`${name}: given actors that are not made anew: the others take over, and nobody waits for nobody`, async (t) => {
    const actors = await Promise.all([actor(TaggingActor, [add]), actor(TaggingActor, [add])]);
    const results = await chunk(dieAlways, [[0], [1], [2]], { actors, retries: 0, onError: "collect" });
    t.deepEqual(
      results.map((result) => (result.status === "fulfilled" ? result.value : null)),
      [1000, null, 1020],
    );
    const nobody = await chunk(dieAlways, [[1], [1], [1]], { actors, retries: 0, onError: "collect" });
    t.true(nobody.every((result) => result.status === "rejected" && result.reason instanceof ActorDiedError));
  });

  test(`${name}: the caller's signal ends a map; the next one is served`, async (t) => {
    await using chunker = new Chunker(busyFor, { chunkSize: 1 });
    const abort = new AbortController();
    const endless = chunker([[60_000]], null, { signal: abort.signal });
    setTimeout(() => {
      abort.abort(new Error("enough"));
    }, 50);
    await t.throwsAsync(endless, { message: "enough" });
    t.deepEqual(await chunker(PAIRS, add), [5, 7, 9]);
  });
}

function describeCheckpoints(name: string): void {
  test(`${name}: an interrupted map goes on from its checkpoint; one of another function is refused`, async (t) => {
    const path = join(await temporaryFolder(t), "checkpoint");
    const notes = await actor(Notes);
    const elements = [0, 1, 2, 3, 4].map((value): [number, number, ActorHandle<Notes>] => [value, 2, notes]);
    await t.throwsAsync(chunk(noteAndRefuse, elements, { chunkSize: 1, path }), { message: /element 2 of 5 failed/ });
    const seen: ChunkProgress[] = [];
    const progress = (now: ChunkProgress): void => void seen.push(now);
    t.deepEqual(await chunk(noteAndRefuse, elements, { chunkSize: 1, path, progress }), [0, 1, 4, 9, 16]);
    const calls = await notes.lines();
    t.deepEqual(
      [0, 1, 2, 3, 4].map((value) => calls.filter((call) => call === String(value)).length),
      [1, 1, 2, 1, 1],
    );
    t.deepEqual(
      seen.map(({ done, total }) => [done, total]),
      [
        [3, 5],
        [4, 5],
        [5, 5],
      ],
    );
    t.deepEqual(await chunk(noteAndRefuse, elements, { chunkSize: 1, path }), [0, 1, 4, 9, 16]);
    t.deepEqual(await notes.lines(), calls, "nothing ran again");
    await t.throwsAsync(chunk(add, PAIRS, { chunkSize: 1, path }), { instanceOf: CheckpointMismatchError });
  });

  test(`${name}: a checkpoint is refused when the body of its function was changed, and kept`, async (t) => {
    const path = join(await temporaryFolder(t), "checkpoint");
    const first = { scale: (value: number) => value * 2 }.scale;
    const changed = { scale: (value: number) => value * 3 }.scale;
    t.deepEqual(await chunk(first, [1, 2], { chunkSize: 1, path }), [2, 4]);
    await t.throwsAsync(chunk(changed, [1, 2], { chunkSize: 1, path }), {
      instanceOf: CheckpointMismatchError,
      message: /before the body of "scale" was changed/,
    });
    t.deepEqual(await chunk(first, [1, 2], { chunkSize: 1, path }), [2, 4]);
  });
}

function describeRefusals(name: string): void {
  test(`${name}: a function that needs what stands around it is refused at once, with the cure`, async (t) => {
    const factor = PAIRS.length;
    const error = await t.throwsAsync(
      chunk((value: number) => value * factor, [1, 2]),
      { instanceOf: NotSendableError },
    );
    t.regex(error.message, /"factor".*Export it from its file/s);
    t.throws(() => new Chunker((value: number) => value * factor), { instanceOf: NotSendableError });
  });

  test(`${name}: what makes no sense is said before anything starts`, async (t) => {
    await t.throwsAsync(chunk(null, PAIRS, {} as never), {
      instanceOf: ChunkUsageError,
      message: /Either a function or actors/,
    });
    t.throws(() => new Chunker(null), { instanceOf: ChunkUsageError, message: /but not both/ });
    t.throws(() => new Chunker(add, { actors: [] }), { instanceOf: ChunkUsageError, message: /but not both/ });
    await t.throwsAsync(chunk(add, PAIRS, { chunkSize: 0 }), {
      instanceOf: ChunkUsageError,
      message: /chunkSize is 0/,
    });
    await t.throwsAsync(chunk(null, PAIRS, { actors: [] }), { instanceOf: ChunkUsageError, message: /no actors/ });
    await using chunker = new Chunker(add, { chunkSize: 1 });
    await t.throwsAsync(chunk(null, PAIRS, { actors: chunker.actors, chunkSize: 2 }), {
      instanceOf: ChunkUsageError,
      message: /chunkSize is 2, and there are 1 actors/,
    });
  });
}

async function temporaryFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "troupe-chunks-"));
  t.teardown(async () => rm(folder, { recursive: true }));
  return folder;
}
