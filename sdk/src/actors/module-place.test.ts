import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import test from "ava";
import { moduleUrl } from "./module-place.ts";

test("a caller's file is the one of the group whose path ends most like it", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "troupe-place-"));
  t.teardown(async () => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, "lib"));
  for (const name of ["math.ts", "lib/math.ts"]) await writeFile(join(folder, name), "");
  const at = (path: string): string => pathToFileURL(join(folder, path)).href;
  t.is(moduleUrl("file:///home/me/math.ts", [folder]), at("math.ts"));
  t.is(moduleUrl("file:///home/me/lib/math.ts", [folder]), at("lib/math.ts"));
  t.is(moduleUrl("file:///home/me/other.ts", [folder]), null);
  t.is(moduleUrl(at("lib/math.ts"), ["/nowhere"]), at("lib/math.ts"), "an image may have it where the caller has it");
  t.is(moduleUrl("file:///home/me/other.ts", []), "file:///home/me/other.ts", "on the laptop nothing is looked for");
});
