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

/** The file has problems. `source` is its text, for the lines that are shown. */
export class ProblemsError extends Error {
  override readonly name = "ProblemsError";
  /** Already in words. */
  readonly text: string;

  constructor(text: string) {
    super(text);
    this.text = text;
  }
}
