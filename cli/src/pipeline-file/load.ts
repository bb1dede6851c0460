import { CommandError } from "../command-error.ts";
import { loadCode } from "./load-code.ts";
import { loadYaml } from "./load-yaml.ts";
import type { LoadedPipeline, LoadOptions } from "./loaded.ts";

const CODE = /\.[cm]?[jt]s$/i;
const YAML = /\.(ya?ml|json)$/i;

/** Reads the pipeline of a file: a manifest, a MAGDA configuration, or a program that exports one. */
export async function loadPipeline(file: string, options: LoadOptions): Promise<LoadedPipeline> {
  if (isCode(file)) return loadCode(file, options);
  if (YAML.test(file)) return loadYaml(file, options);
  throw new CommandError("Usage", `${file} is no pipeline's file`, {
    hint: "FILE is a Pipeline manifest or a MAGDA configuration (.yaml, .yml, .json), or a TypeScript file that exports a pipeline (.ts, .mts, .js, .mjs).",
  });
}

export function isCode(file: string): boolean {
  return CODE.test(file);
}
