/** `troupe validate`: all that is wrong with a pipeline, or with Groups that are applied by themselves. */
import { checkGroupsFile, readPipeline, type Problem } from "@troupe/model";
import { CommandError, ProblemsError, withoutPlace, type ToldProblem } from "../command-error.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { readText } from "../inputs/read-input.ts";
import { describe } from "../pipeline-file/describe.ts";
import { modulesOf, namedModules } from "../pipeline-file/find-modules.ts";
import { isCode, loadPipeline } from "../pipeline-file/load.ts";
import { readOptions } from "../pipeline-file/load-yaml.ts";
import type { LoadOptions } from "../pipeline-file/loaded.ts";
import { problemsText } from "../pipeline-file/problems-text.ts";
import { isJson, readLoadFlags, type RunFlags } from "./run-options.ts";

interface Checked {
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
  readonly text: string | undefined;
}

export async function validate(file: string, flags: Partial<RunFlags>): Promise<ExitCode> {
  if (isJson(flags.output)) return validateForScripts(file, flags);
  const checked = await check(file, await readLoadFlags(flags));
  say(file, checked);
  return exitOf(checked);
}

/** Scripts read `problems` whatever happens: what keeps a file from being looked at is one too. stderr and the exit say it as ever. */
async function validateForScripts(file: string, flags: Partial<RunFlags>): Promise<ExitCode> {
  try {
    const checked = await check(file, await readLoadFlags(flags));
    print(checked.problems.map(plain), checked.warnings.map(plain));
    return exitOf(checked);
  } catch (error) {
    print(toldOf(error), []);
    throw error;
  }
}

function print(problems: readonly ToldProblem[], warnings: readonly ToldProblem[]): void {
  process.stdout.write(`${JSON.stringify({ problems, warnings })}\n`);
}

function toldOf(error: unknown): readonly ToldProblem[] {
  if (error instanceof CommandError) return [withoutPlace(error.code, error.message, error.hint)];
  if (error instanceof ProblemsError) return [...error.problems.map(plain), ...error.ofCode];
  return [withoutPlace("Unexpected", error instanceof Error ? error.message : String(error), "")];
}

function exitOf({ problems }: Checked): ExitCode {
  return problems.length === 0 ? EXIT.ok : EXIT.failed;
}

async function check(file: string, options: LoadOptions): Promise<Checked> {
  if (isCode(file)) return checkCode(file, options);
  const text = await readText(file, "");
  const groups = checkGroupsFile(text, file);
  if (groups !== null) return { ...groups, text };
  const basics = readOptions(file, options);
  const first = readPipeline(text, basics);
  if (!first.ok) return { problems: first.problems, warnings: [], text };
  const modules =
    options.modules.length > 0
      ? await namedModules(options.modules)
      : await modulesOf(file, first.manifest, first.configMaps);
  try {
    // A pipeline whose code is in an image is judged without it.
    if (modules.paths.length === 0 && first.manifest.spec.source?.image !== undefined)
      return { problems: [], warnings: first.warnings, text };
    const types = await describe(modules.paths);
    const read = readPipeline(text, { ...basics, types, lookedIn: modules.lookedIn });
    return read.ok ? { problems: [], warnings: read.warnings, text } : { problems: read.problems, warnings: [], text };
  } finally {
    await modules.cleanUp();
  }
}

async function checkCode(file: string, options: LoadOptions): Promise<Checked> {
  try {
    const loaded = await loadPipeline(file, options);
    await loaded.cleanUp();
    return { problems: [], warnings: [], text: undefined };
  } catch (error) {
    if (!(error instanceof ProblemsError) || error.problems.length === 0) throw error;
    return { problems: error.problems, warnings: [], text: undefined };
  }
}

function plain({ code, message, hint, path, line, column }: Problem): Omit<Problem, "file"> {
  return { code, message, hint, path, line, column };
}

function say(file: string, { problems, warnings, text }: Checked): void {
  process.stderr.write(problemsText(warnings, text, "warning"));
  if (problems.length === 0) process.stdout.write(`${file}: nothing is wrong\n`);
  else process.stdout.write(problemsText(problems, text));
}
