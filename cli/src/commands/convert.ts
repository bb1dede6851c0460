/** `troupe convert`: a MAGDA configuration as a Pipeline manifest. */
import { readPipeline, toYaml } from "@troupe/model";
import { ProblemsError } from "../command-error.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { readText } from "../inputs/read-input.ts";
import { readOptions } from "../pipeline-file/load-yaml.ts";
import { problemsText } from "../pipeline-file/problems-text.ts";
import { readLoadFlags, type RunFlags } from "./run-options.ts";

export async function convert(file: string, flags: Partial<RunFlags>): Promise<ExitCode> {
  const text = await readText(file, "");
  const read = readPipeline(text, readOptions(file, await readLoadFlags(flags)));
  if (!read.ok) throw new ProblemsError(problemsText(read.problems, text), read.problems);
  process.stderr.write(problemsText(read.warnings, text, "warning"));
  process.stdout.write([read.manifest, ...read.groups].map((resource) => toYaml(resource)).join("---\n"));
  return EXIT.ok;
}
