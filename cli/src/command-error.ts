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

/** A file has problems, already in words. */
export class ProblemsError extends Error {
  override readonly name = "ProblemsError";
  readonly text: string;
  /** The same as data; empty when they are not of the manifest but of code. */
  readonly problems: readonly Problem[];

  constructor(text: string, problems: readonly Problem[] = []) {
    super(text);
    this.text = text;
    this.problems = problems;
  }
}
