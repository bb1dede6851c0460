import test, { type ExecutionContext } from "ava";
import { mkdtemp, readdir, readFile, rm, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BlobFolder } from "./blob-folder.ts";

const BYTES = new Uint8Array(100_000).map((_, index) => index % 251);

async function emptyFolder(t: ExecutionContext): Promise<{ path: string; folder: BlobFolder }> {
  const path = await mkdtemp(join(tmpdir(), "troupe-test-"));
  t.teardown(async () => rm(path, { recursive: true }));
  return { path: join(path, "payloads"), folder: new BlobFolder(join(path, "payloads")) };
}

async function filesIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

test("what was written is read, by whoever looks into the same folder", async (t) => {
  const { path, folder } = await emptyFolder(t);
  await folder.write("job.0.abc", BYTES);
  t.deepEqual(await new BlobFolder(path).read("job.0.abc", BYTES.byteLength), BYTES);
  t.is(await folder.read("job.0.other", 1), undefined);
  t.is(await folder.read("nobody.0.abc", 1), undefined);
});

test("many at a time, the first ones of a new folder", async (t) => {
  const { folder } = await emptyFolder(t);
  const ids = Array.from({ length: 8 }, (_, index) => `job-${index}.in.x`);
  await Promise.all(ids.map(async (id) => folder.write(id, BYTES)));
  for (const id of ids) t.deepEqual(await folder.read(id, BYTES.byteLength), BYTES);
});

test("a torn file and a damaged one are refused", async (t) => {
  const { path, folder } = await emptyFolder(t);
  await folder.write("torn.0.abc", BYTES);
  await folder.write("damaged.0.abc", BYTES);
  const files = await filesIn(path);
  const torn = files.find((file) => file.endsWith("torn.0.abc")) ?? "";
  const damaged = files.find((file) => file.endsWith("damaged.0.abc")) ?? "";
  await truncate(torn, 50_000);
  await t.throwsAsync(folder.read("torn.0.abc", BYTES.byteLength), { message: "it ends at 50000 of 100000 bytes" });
  const bytes = await readFile(damaged);
  await writeFile(damaged, bytes.fill(0, 500, 501));
  await t.throwsAsync(folder.read("damaged.0.abc", BYTES.byteLength), { message: "its checksum does not match" });
});

test("a payload or a job's payloads are removed, and those of no other", async (t) => {
  const { path, folder } = await emptyFolder(t);
  for (const id of ["j.0.a", "j.0.b", "j.10.a", "j.in.a", "j0.0.a", "other.0.a"]) await folder.write(id, BYTES);
  await folder.remove("j.0.a");
  t.is(await folder.read("j.0.a", BYTES.byteLength), undefined);
  t.is((await filesIn(path)).length, 5);
  await folder.remove("j");
  await folder.remove("never-there");
  await folder.remove("never.there.a");
  t.deepEqual((await filesIn(path)).map((file) => file.split("/").at(-1)).toSorted(), ["j0.0.a", "other.0.a"]);
});

test("a sweep takes old files that nobody needs", async (t) => {
  const { path, folder } = await emptyFolder(t);
  t.is(await folder.sweep(() => false, Infinity), 0);
  for (const id of ["known.0.a", "known.0.b", "old.0.a", "new.0.a"]) await folder.write(id, BYTES);
  for (const file of await filesIn(path)) if (!file.endsWith("new.0.a")) await utimes(file, 1_000, 1_000);
  t.is(await folder.sweep((id) => id === "known.0.a", 2_000_000), 2);
  t.is(await folder.read("old.0.a", BYTES.byteLength), undefined);
  t.is(await folder.read("known.0.b", BYTES.byteLength), undefined);
  t.is((await filesIn(path)).length, 2);
});
