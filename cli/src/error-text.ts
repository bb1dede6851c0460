import { CommandError, ProblemsError } from "./command-error.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";

export interface ErrorText {
  readonly text: string;
  readonly exit: ExitCode;
}

/** Codes of errors that mean: what is needed is not there. All others of the other rooms mean: the command was asked for too much. */
const UNREACHABLE = new Set([
  "NoCoordinator",
  "NatsServerMissing",
  "NatsServerBroken",
  "NatsServerFailed",
  "NatsPortTaken",
]);

/** What an error says to people, and what the command ends with. The text ends in a newline. */
export function errorText(error: unknown): ErrorText {
  if (error instanceof ProblemsError) return { text: error.text, exit: EXIT.usage };
  if (error instanceof CommandError) return { text: coded(error), exit: error.exit };
  if (error instanceof Error && error.name === "ConnectError") {
    return { text: coded({ code: "CannotConnect", message: error.message }), exit: EXIT.unreachable };
  }
  if (error instanceof Error && isCoded(error)) return { text: coded(withoutHint(error)), exit: exitOf(error) };
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { text: `error[Unexpected] ${text}\n`, exit: EXIT.failed };
}

interface Coded {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | null;
  readonly detail?: string;
}

/** Errors of the other rooms carry a code of ours; those of Node are in capitals and are nobody's to understand. */
function isCoded(error: Error): error is Error & Coded {
  return "code" in error && typeof error.code === "string" && /^[A-Z][a-z]/.test(error.code);
}

function exitOf(error: Coded & Error): ExitCode {
  return UNREACHABLE.has(error.code) ? EXIT.unreachable : EXIT.usage;
}

/** Errors of the other rooms end their message with the hint, for those who see the message alone. */
function withoutHint({ code, message, hint }: Coded): Coded {
  if (typeof hint !== "string" || hint === "" || !message.endsWith(hint)) return { code, message, hint: hint ?? "" };
  return { code, message: message.slice(0, -hint.length).replace(/[.\s]+$/, ""), hint };
}

function coded({ code, message, hint, detail }: Coded): string {
  const lines = [`error[${code}] ${message}`];
  if (detail !== undefined && detail !== "") lines.push(...detail.split("\n").map((line) => `  ${line}`));
  if (typeof hint === "string" && hint !== "") lines.push(...hint.split("\n").map((line) => `hint: ${line}`));
  return lines.map((line) => `${line}\n`).join("");
}
