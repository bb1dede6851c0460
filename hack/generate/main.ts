/**
 * Writes what is generated from the model: the CRDs, the admission policy, and their reference page.
 * `node hack/generate/main.ts` writes, `--check` fails when a file is not as it would be written.
 */
import { readFile, writeFile, mkdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { generatedFiles } from "./files.ts";

const root = resolve(import.meta.dirname, "../..");
const check = process.argv.includes("--check");
const stale: string[] = [];
for (const { path, text } of await generatedFiles()) {
  const target = resolve(root, path);
  const current = await readFile(target, "utf8").catch(() => null);
  if (current === text) continue;
  stale.push(path);
  if (check) continue;
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, text);
  console.log(`wrote ${path}`);
}
if (check && stale.length > 0) {
  console.error(`Not as generated: ${stale.join(", ")}. Run make generate, and look at what changes.`);
  process.exitCode = 1;
}
