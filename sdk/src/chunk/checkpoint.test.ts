import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { Checkpoint, CheckpointMismatchError, type CheckpointKey } from "./checkpoint.ts";

const KEY: CheckpointKey = { functionName: "f", body: "(a) => a + 1", parameters: [1, [2], { c: 3 }, 4] };

async function folder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const root = await mkdtemp(join(tmpdir(), "troupe-checkpoint-"));
  return { path: join(root, "c"), [Symbol.asyncDispose]: async () => rm(root, { recursive: true }) };
}

async function write(path: string, results: Readonly<Record<number, unknown>>): Promise<void> {
  await using checkpoint = await Checkpoint.open(path, KEY);
  await Promise.all(Object.entries(results).map(async ([index, value]) => checkpoint.add(Number(index), value)));
}

test("what was added is there again, also bytes, dates and typed arrays", async (t) => {
  await using place = await folder();
  const values = { 0: undefined, 2: { at: new Date(5), bytes: new Uint8Array([1, 2]) }, 3: new Float32Array([0.5]) };
  await write(place.path, values);
  await using again = await Checkpoint.open(place.path, KEY);
  t.deepEqual(new Map(again.done), new Map<number, unknown>(Object.entries(values).map(([i, v]) => [Number(i), v])));
});

test("each result costs its own line, however many there are", async (t) => {
  await using place = await folder();
  await write(place.path, { 0: "x" });
  const one = (await stat(place.path)).size;
  await write(place.path, { 1: "x" });
  const two = (await stat(place.path)).size;
  await write(place.path, { 2: "x" });
  t.is((await stat(place.path)).size - two, two - one);
});

test("a line that a crash cut short is dropped, and what is written next stands on a line of its own", async (t) => {
  await using place = await folder();
  await write(place.path, { 0: "kept" });
  const whole = await readFile(place.path, "utf8");
  await appendFile(place.path, "1 /w8iA");
  await write(place.path, { 2: "later" });
  t.true((await readFile(place.path, "utf8")).startsWith(whole));
  await using again = await Checkpoint.open(place.path, KEY);
  t.deepEqual([...again.done.keys()], [0, 2]);
});

for (const [what, other, message] of [
  ["another function", { functionName: "g" }, /by the function "f", and this one is "g"/],
  ["another body", { body: "(a) => a + 2" }, /before the body of "f" was changed/],
  ["other parameters", { parameters: [1] }, /for other parameters \(4 of them, here are 1\)/],
] as const) {
  test(`the checkpoint of ${what} is refused, and stays as it is`, async (t) => {
    await using place = await folder();
    await write(place.path, { 0: "x" });
    const before = await readFile(place.path, "utf8");
    await t.throwsAsync(Checkpoint.open(place.path, { ...KEY, ...other }), {
      instanceOf: CheckpointMismatchError,
      message,
    });
    t.is(await readFile(place.path, "utf8"), before);
  });
}

test("a file that is something else is refused, and stays as it is", async (t) => {
  await using place = await folder();
  await writeFile(place.path, "my thesis\n");
  await t.throwsAsync(Checkpoint.open(place.path, KEY), { instanceOf: CheckpointMismatchError });
  t.is(await readFile(place.path, "utf8"), "my thesis\n");
});
