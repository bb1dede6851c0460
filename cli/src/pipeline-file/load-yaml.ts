import { readPipeline, type ReadOptions, type ReadPipeline } from "@troupe/model";
import { ProblemsError } from "../command-error.ts";
import { readText } from "../inputs/read-input.ts";
import { describe } from "./describe.ts";
import { modulesOf, namedModules } from "./find-modules.ts";
import type { LoadedPipeline, LoadOptions } from "./loaded.ts";
import { problemsText } from "./problems-text.ts";

/** A Pipeline manifest or a MAGDA configuration, with the code of its modules looked at. */
export async function loadYaml(file: string, options: LoadOptions): Promise<LoadedPipeline> {
  const text = await readText(file, "");
  const basics = readOptions(file, options);
  const { manifest, configMaps } = good(text, basics);
  const modules =
    options.modules.length > 0 ? await namedModules(options.modules) : await modulesOf(file, manifest, configMaps);
  try {
    const types = await describe(modules.paths);
    const read = good(text, { ...basics, types, lookedIn: modules.lookedIn });
    const warnings = read.warnings.map((warning) => problemsText([warning], text, "warning"));
    const { paths: moduleFiles, cleanUp } = modules;
    return { manifest: read.manifest, groups: read.groups, types, moduleFiles, script: {}, warnings, cleanUp };
  } catch (error) {
    await modules.cleanUp();
    throw error;
  }
}

export function readOptions(file: string, { set, context }: LoadOptions): ReadOptions {
  return { file, set, ...(context === undefined ? {} : { context }) };
}

function good(text: string, options: ReadOptions): ReadPipeline {
  const read = readPipeline(text, options);
  if (!read.ok) throw new ProblemsError(problemsText(read.problems, text), read.problems);
  return read;
}
