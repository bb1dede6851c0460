/** How the conformance cases build their pipelines. */
import { InvalidPipelineError, Pipeline, type FileOptions, type PipelineOptions } from "@troupe/sdk";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
// Known here, the types need no second look before each start.
import "./modules/magda.ts";

export const MODULES = join(import.meta.dirname, "modules");
/** MAGDA's configuration files as its articles print them. */
const ARTICLES = resolve(import.meta.dirname, "../../examples/magda");

/** What takes a second in the articles takes so long here. */
export const UNIT_MS = 30;
const CONTEXT = { unitMs: UNIT_MS };

/** A builder whose modules are those of the cases. A failed block is tried once more, at once. */
export function pipelineOf(name: string, options: PipelineOptions = {}): Pipeline<string> {
  const jobs = { maxAttempts: 2, backoff: { initialSeconds: 0.01 } };
  return new Pipeline<string>(name, { modules: MODULES, context: CONTEXT, jobs, ...options });
}

/** A configuration of an article, as it stands. */
export async function articleOf(file: string): Promise<Pipeline<string>> {
  return Pipeline.fromFile(join(ARTICLES, file), { modules: MODULES, context: CONTEXT });
}

/** A configuration that is read from a file of this text. */
export async function pipelineFrom(text: string, options: FileOptions = {}): Promise<Pipeline<string>> {
  const folder = await mkdtemp(join(tmpdir(), "troupe-test-"));
  const file = join(folder, "config-file.yml");
  try {
    await writeFile(file, text);
    return await Pipeline.fromFile(file, { modules: MODULES, context: CONTEXT, ...options });
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** What is wrong with a pipeline, by the error that refused it. */
export function refusalOf(error: unknown): string {
  if (!(error instanceof InvalidPipelineError)) throw error;
  return error.problems.map(({ code, message, path }) => `${code}: ${message} (${path})`).join("\n");
}
