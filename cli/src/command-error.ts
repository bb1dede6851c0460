import type { Problem } from "@troupe/model";
import { EXIT, type ExitCode } from "./exit-codes.ts";

export interface CommandErrorOptions {
  /** What to do about it. Several lines are several hints. */
  readonly hint?: string;
  /** Default 2: usage. */
  readonly exit?: ExitCode;
  /** Shown below the message as it stands, such as a stack or the line of a file. */
  readonly detail?: string;
}

/** Ends the command with a message for people. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly code: string;
  readonly hint: string;
  readonly exit: ExitCode;
  readonly detail: string;

  constructor(code: string, message: string, { hint = "", exit = EXIT.usage, detail = "" }: CommandErrorOptions = {}) {
    super(message);
    this.code = code;
    this.hint = hint;
    this.exit = exit;
    this.detail = detail;
  }
}

/** What scripts read of a problem: one of the manifest, or what kept the command from looking at it, which has no place in it. */
export interface ToldProblem {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly path: string | null;
  readonly line: number | null;
  readonly column: number | null;
}

/** A problem that has no place in the manifest. */
export function withoutPlace(code: string, message: string, hint: string): ToldProblem {
  return { code, message, hint, path: null, line: null, column: null };
}

/** A file has problems, already in words. */
export class ProblemsError extends Error {
  override readonly name = "ProblemsError";
  readonly text: string;
  /** The same as data; empty when they are not of the manifest but of code. */
  readonly problems: readonly Problem[];
  /** Those of code as data. */
  readonly ofCode: readonly ToldProblem[];

  constructor(text: string, problems: readonly Problem[] = [], ofCode: readonly ToldProblem[] = []) {
    super(text);
    this.text = text;
    this.problems = problems;
    this.ofCode = ofCode;
  }
}
