import type { ModuleTypeFacts } from "@troupe/model";
import { ProblemsError, withoutPlace } from "../command-error.ts";

/** What the files register. @throws {ProblemsError} naming every file that could not be loaded, with its error and line */
export async function describe(paths: readonly string[]): Promise<readonly ModuleTypeFacts[]> {
  if (paths.length === 0) return [];
  const { describeModules } = await import("@troupe/local");
  const { types, problems } = await describeModules(paths);
  if (problems.length > 0) {
    const told = problems.map((problem) => withoutPlace("ModuleFileBroken", problem.message, hintOf(problem)));
    throw new ProblemsError(problems.map(textOf).join("\n"), [], told);
  }
  return types;
}

interface LoadProblem {
  readonly file: string;
  readonly message: string;
  readonly hint: string;
  readonly stack: string | null;
}

function hintOf({ hint }: LoadProblem): string {
  return hint === "" ? "Correct the file; the error is the one that it throws when it is imported." : hint;
}

function textOf(problem: LoadProblem): string {
  const { message, stack } = problem;
  const frames = (stack ?? "").split("\n").filter((line) => line.trim().startsWith("at "));
  const lines = [
    `error[ModuleFileBroken] a module file cannot be loaded: ${message}`,
    ...frames.slice(0, 4).map((frame) => `  ${frame.trim()}`),
    `hint: ${hintOf(problem)}`,
  ];
  return lines.map((line) => `${line}\n`).join("");
}
