import { cp, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CHART } from "./helm.ts";

/** The field of a Pipeline that the older chart does not know: `jobs.keepResultsSeconds`. */
const FIELD = /^( +)keepResultsSeconds:\n(?:\1 +.*\n)+/m;

/** A copy of the chart as a former release may have had it: of another version, and its CRD lacks a field. @returns its folder */
export async function olderChart(): Promise<string> {
  const folder = join(await mkdtemp(join(tmpdir(), "troupe-e2e-chart-")), "troupe");
  await cp(CHART, folder, { recursive: true });
  await edit(join(folder, "Chart.yaml"), /^version: .*\nappVersion: .*$/m, "version: 0.0.9\nappVersion: 0.0.9");
  await edit(join(folder, "templates/crds/pipelines.troupe.dev.yaml"), FIELD, "");
  return folder;
}

async function edit(path: string, pattern: RegExp, replacement: string): Promise<void> {
  const text = await readFile(path, "utf8");
  if (!pattern.test(text)) throw new Error(`${path} has nothing like ${String(pattern)}`);
  await writeFile(path, text.replace(pattern, replacement));
}
