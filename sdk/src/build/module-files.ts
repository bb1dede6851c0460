/** Which files the replicas load a pipeline's modules from. */
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { registrationOf } from "../define/index.ts";
import type { Draft } from "./draft.ts";
import { StartError } from "./errors.ts";

export interface ModuleFiles {
  readonly files: readonly string[];
  /** Removes what was written for this. */
  release(): Promise<void>;
}

/** @throws {StartError} naming the types that no file is known for */
export async function moduleFilesOf(draft: Draft): Promise<ModuleFiles> {
  if (draft.moduleFiles !== null) return kept(draft.moduleFiles.map((path) => resolve(path)));
  if (draft.configMap !== null) return unpack(draft.configMap);
  if (draft.file !== null) {
    const beside = join(dirname(draft.file), "modules");
    if (await isThere(beside)) return kept([beside]);
  }
  return kept(registeredFiles(draft));
}

function registeredFiles({ manifest, file }: Draft): string[] {
  const types = new Set(manifest.spec.modules.map(({ type }) => type));
  const files = [...types].map((type) => ({ type, path: registrationOf(type)?.file ?? null }));
  const unknown = files.filter(({ path }) => path === null).map(({ type }) => `"${type}"`);
  if (unknown.length === 0) return [...new Set(files.flatMap(({ path }) => path ?? []))];
  const looked = file === null ? "" : ` There is no folder ${join(dirname(file), "modules")} either.`;
  throw new StartError(
    `Pipeline "${manifest.metadata.name}": no file is known that registers ${unknown.join(", ")}.${looked} ` +
      'Import the module classes, or name files and folders: modules: ["./modules"].',
  );
}

async function unpack(data: Readonly<Record<string, string>>): Promise<ModuleFiles> {
  const folder = await mkdtemp(join(tmpdir(), "troupe-modules-"));
  for (const [name, text] of Object.entries(data)) {
    if (basename(name) !== name) throw new StartError(`"${name}" is no flat file name in the ConfigMap of modules.`);
    await writeFile(join(folder, name), text);
  }
  return { files: [folder], release: async () => rm(folder, { recursive: true, force: true }) };
}

function kept(files: readonly string[]): ModuleFiles {
  return { files, release: async () => undefined };
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
