import test from "ava";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CommandError } from "../command-error.ts";
import { readContext, readInputs } from "./read-input.ts";
import { readNumber } from "./read-number.ts";
import { readSet } from "./read-set.ts";

async function withFile<T>(name: string, text: string, use: (file: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "troupe-inputs-"));
  const file = join(folder, name);
  await writeFile(file, text);
  try {
    return await use(file);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test("nothing said leaves the choice to the file; --jobs alone is so many nulls", async (t) => {
  t.is(await readInputs([], undefined), undefined);
  t.deepEqual(await readInputs([], 3), [null, null, null]);
});

test("each --input is a job; --jobs repeats a single one", async (t) => {
  t.deepEqual(await readInputs(['{"a": 1}', "2"], undefined), [{ a: 1 }, 2]);
  t.deepEqual(await readInputs(['"x"'], 2), ["x", "x"]);
  await t.throwsAsync(readInputs(["1", "2"], 3), { instanceOf: CommandError, message: "--jobs 3 with 2 inputs" });
});

test("@FILE is one job, and a .ndjson file one a line", async (t) => {
  t.deepEqual(await withFile("a.json", "[1, 2]", (file) => readInputs([`@${file}`], undefined)), [[1, 2]]);
  t.deepEqual(await withFile("a.ndjson", '1\n\n{"b": 2}\n', (file) => readInputs([`@${file}`], undefined)), [
    1,
    { b: 2 },
  ]);
});

test("what is no JSON is refused with its place and the cure", async (t) => {
  const bare = await t.throwsAsync<CommandError>(readInputs(["film.mp4"], undefined), { instanceOf: CommandError });
  t.is(bare.code, "InvalidJson");
  t.regex(bare.hint, /--input '"film\.mp4"'/);
  const line = await withFile("a.ndjson", "1\n{x\n", (file) =>
    t.throwsAsync<CommandError>(readInputs([`@${file}`], undefined)),
  );
  t.regex(line.message, /^line 2 of --input @/);
});

test("a file that is not there is named, with where it was looked for", async (t) => {
  const error = await t.throwsAsync<CommandError>(readInputs(["@/no/such.json"], undefined), {
    instanceOf: CommandError,
  });
  t.is(error.code, "NoSuchFile");
  t.is(error.message, "--input: /no/such.json: there is no such file");
  t.true(error.hint.includes(process.cwd()));
});

test("--context is JSON or a file with JSON", async (t) => {
  t.is(await readContext(undefined), undefined);
  t.deepEqual(await readContext('{"scale": 0.01}'), { scale: 0.01 });
  t.deepEqual(await withFile("c.json", '{"folder": "x"}', (file) => readContext(`@${file}`)), { folder: "x" });
});

test("--set is NAME=VALUE, and the value may hold =", (t) => {
  t.deepEqual(readSet(["size=512", "url=a=b", "size=1024"]), { size: "1024", url: "a=b" });
  t.throws(() => readSet(["size"]), { instanceOf: CommandError, message: /--set size: that is not NAME=VALUE/ });
});

test("numbers keep their rule", (t) => {
  t.is(readNumber("--cpus", "0.5", { least: 0, whole: false }), 0.5);
  for (const given of ["0", "1.5", "x", "", "-1", "Infinity"]) {
    t.throws(() => readNumber("--jobs", given, { least: 1, whole: true }), {
      message: `--jobs ${given}: that is no whole number of at least 1`,
    });
  }
});
