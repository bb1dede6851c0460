/** Pipelines that stand in a file. */
import { readPipeline } from "@troupe/model";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Draft } from "./draft.ts";
import { InvalidPipelineError, StartError } from "./errors.ts";
import type { FileOptions } from "./options.ts";

/** @throws {StartError} when the file cannot be read. @throws {InvalidPipelineError} with all that is wrong with it */
export async function readDraft(path: string, options: FileOptions): Promise<Draft> {
  const file = resolve(path);
  const text = await readText(file);
  const { set, context, modules } = options;
  const read = readPipeline(text, {
    file,
    ...(set === undefined ? {} : { set }),
    ...(context === undefined ? {} : { context }),
  });
  if (!read.ok) throw new InvalidPipelineError(path, read.problems);
  const { manifest, groups, configMaps } = read;
  const spec = { ...manifest.spec, context: read.context, sharedParameters: read.sharedParameters };
  const source = configMaps.find(({ name }) => name === spec.source?.configMap);
  return {
    manifest: { ...manifest, spec },
    groups,
    moduleFiles: modules === undefined ? null : listed(modules),
    configMap: source?.data ?? null,
    file,
  };
}

export function listed(paths: string | readonly string[]): readonly string[] {
  return typeof paths === "string" ? [paths] : paths;
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : "";
    if (code === "ENOENT")
      throw new StartError(`There is no file ${file}. Check the path; it is read from ${process.cwd()}.`, { cause });
    throw new StartError(`${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}
