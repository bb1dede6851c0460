/** Values that are put once lie once on the machine, as they are in memory, for as long as somebody holds them. */
import { actor, actorInfo, actorNamed, kill, put, startActors, task } from "@troupe/sdk";
import test from "ava";
import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { Predictor } from "../../conformance/actors/classes.ts";
import { eventually } from "../../support/eventually.ts";
import { Maker, type Rememberer } from "./rememberer.ts";

const actors = await startActors({ cpus: 4, spares: 1 });
test.after.always(async () => actors.close());

const folder = actors.local?.sharedFolder ?? "";
const links = (): string[] => readdirSync(folder).map((name) => join(folder, name));

test.serial("what was put and given to nobody is gone when it is released", async (t) => {
  const ref = await put(new Float64Array([1, 2]));
  t.is(links().length, 1);
  ref.release();
  t.is(links().length, 0);
  await t.throwsAsync(ref.get(), { name: "NotSendableError", message: /released/ });
});

test.serial("a value is put once, read once by each process, and kept no longer than somebody holds it", async (t) => {
  const model = new Float64Array(1_000_000).map((_, index) => index);
  const ref = await put(model);
  t.is(ref.bytes, 8_000_000);
  const predictors = await Promise.all([0, 1, 2].map(async () => actor(Predictor, [ref])));
  const expected = (999_999 * 1_000_000) / 2;
  t.deepEqual(await Promise.all(predictors.map(async (each) => each.sum())), [expected, expected, expected]);
  t.is(await predictors[0]?.sumOf({ nested: [ref] }), expected);
  t.true(await predictors[0]?.isOne([ref, ref]));
  t.is(await task((array: Float64Array) => array.length, ref), 1_000_000);
  t.true(links().length >= 4, "one link for each process that holds it");
  t.is(new Set(links().map((path) => statSync(path).ino)).size, 1, "the bytes lie there once");
  t.true(Buffer.from(model.buffer).equals(readFileSync(links()[0] ?? "")), "as they are in memory");
  await Promise.all(predictors.map(async (each) => kill(each)));
  const mine = new RegExp(`\\.${process.pid}\\.`);
  await eventually("those who died hold it no more", () => links().filter((path) => !mine.test(path)).length <= 1);
  t.deepEqual(await (await put({ any: [new Date(5), new Uint8Array(3)] })).get(), {
    any: [new Date(5), new Uint8Array(3)],
  });
});

test.serial(
  "an actor that begins anew finds what its constructor was given, though nobody else has it any more",
  async (t) => {
    const maker = await actor(Maker);
    await maker.make("durable");
    const durable = await actorNamed<Rememberer>("durable");
    await kill(maker);
    const { id } = await actorInfo(durable);
    const isKept = (path: string): boolean => path.endsWith(`.${id}`);
    t.is(links().filter(isKept).length, 1);
    // As it is when all others have let go of it.
    for (const link of links()) if (!isKept(link)) rmSync(link, { force: true });
    await kill(durable, { restart: true });
    t.is(await durable.length(), 1_000);
    await kill(durable);
    await eventually("it goes when the actor has ended for good", () => links().length === 0);
  },
);

test.serial("100 MB and more, of any type that memory has, arrive bit by bit", async (t) => {
  const large = new Uint8Array(120_000_000);
  for (let at = 0; at < large.length; at += 4_096) large[at] = at % 251;
  const read = async (bytes: Uint8Array): Promise<[number, number]> => {
    let sum = 0;
    for (let at = 0; at < bytes.length; at += 4_096) sum += bytes[at] ?? 0;
    return [bytes.length, sum];
  };
  using ref = await put(large);
  t.deepEqual(await task(read, ref), await read(large));
  for (const value of [new Int16Array([-1, 300]), new BigUint64Array([2n ** 60n]), new Float32Array([0.5])]) {
    using small = await put<typeof value>(value);
    t.deepEqual(await task((array: typeof value) => array, small), value);
  }
});
