/** Where the code of a pipeline's modules lies on this machine. */
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import type { ConfigMapManifest, PipelineManifest } from "@troupe/model";
import { CommandError } from "../command-error.ts";

export interface FoundModules {
  /** Absolute paths of files and folders. */
  readonly paths: readonly string[];
  /** Places that were looked at, for the message about an unknown type. */
  readonly lookedIn: readonly string[];
  /** Removes what was written for the time of a run. */
  readonly cleanUp: () => Promise<void>;
}

/** Looked for beside the file, when nothing else names modules. */
const BESIDE = ["modules", "modules.ts", "modules.js", "modules.mjs"];

/** What `--modules` names. @throws {CommandError} when one of them is not there */
export async function namedModules(given: readonly string[]): Promise<FoundModules> {
  for (const path of given) {
    if (await exists(path)) continue;
    throw new CommandError("NoSuchFile", `--modules ${path}: there is no such file or folder`, {
      hint: `Check the path; it is looked up from ${process.cwd()}.`,
    });
  }
  return { paths: given.map((path) => resolve(path)), lookedIn: given, cleanUp: nothing };
}

/** The ConfigMap in the same file, else `modules/` or `modules.ts` beside it. */
export async function modulesOf(
  file: string,
  manifest: PipelineManifest,
  configMaps: readonly ConfigMapManifest[],
): Promise<FoundModules> {
  const wanted = manifest.spec.source?.configMap;
  const configMap = configMaps.find(({ name }) => name === wanted);
  return configMap === undefined ? modulesBeside(file) : written(configMap, file);
}

async function modulesBeside(file: string): Promise<FoundModules> {
  const lookedIn = BESIDE.slice(0, 2).map((name) => join(dirname(file), name));
  for (const name of BESIDE) {
    const path = join(dirname(file), name);
    if (await exists(path)) return { paths: [resolve(path)], lookedIn: [path], cleanUp: nothing };
  }
  return { paths: [], lookedIn, cleanUp: nothing };
}

async function written({ name, data }: ConfigMapManifest, file: string): Promise<FoundModules> {
  const folder = await mkdtemp(join(tmpdir(), "troupe-modules-"));
  for (const [key, text] of Object.entries(data)) await writeFile(join(folder, basename(key)), text);
  return {
    paths: [folder],
    lookedIn: [`ConfigMap ${name} in ${file}`],
    cleanUp: async () => {
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function nothing(): Promise<void> {
  // What lies in the user's folders stays there.
}
