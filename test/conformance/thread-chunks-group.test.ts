/** What was running before stays; what was started is stopped; `persistent` keeps it. */
import test from "ava";
import { ActorUsageError, chunk, Chunker, listActors, startActors } from "@troupe/sdk";
import { providedSystem } from "@troupe/sdk/internal";
import { add } from "./modules/chunks.ts";

const PAIRS: [number, number][] = [
  [1, 4],
  [2, 5],
];

const isRunning = (): boolean => providedSystem() !== undefined;

test.serial("chunk starts a group when there is none, and stops it; maps at the same time share it", async (t) => {
  t.deepEqual(await Promise.all([chunk(add, PAIRS, { chunkSize: 1 }), chunk(add, PAIRS, { chunkSize: 1 })]), [
    [5, 7],
    [5, 7],
  ]);
  t.false(isRunning());
});

test.serial("a group that was there stays, for chunk and for a chunker", async (t) => {
  await using group = await startActors();
  t.deepEqual(await chunk(add, PAIRS, { chunkSize: 1 }), [5, 7]);
  {
    await using chunker = new Chunker(add, { chunkSize: 1 });
    t.deepEqual(await chunker(PAIRS), [5, 7]);
  }
  t.true((await listActors()).every(({ status }) => status === "dead"));
  await group.close();
  t.false(isRunning());
});

test.serial("a chunker stops the group that it started, unless it is persistent", async (t) => {
  {
    await using chunker = new Chunker(add, { chunkSize: 1 });
    t.deepEqual(await chunker(PAIRS), [5, 7]);
    t.true(isRunning());
  }
  t.false(isRunning());
  const persistent = new Chunker(add, { chunkSize: 1, persistent: true });
  t.true(persistent.persistent);
  t.deepEqual(await persistent(PAIRS), [5, 7]);
  await persistent.close();
  t.true(isRunning());
  await t.throwsAsync(startActors(), { instanceOf: ActorUsageError });
  t.deepEqual(await chunk(add, PAIRS, { chunkSize: 1 }), [5, 7]);
  t.true(isRunning());
  await (await providedSystem()?.())?.close();
});
