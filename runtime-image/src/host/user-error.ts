import { format, inspect } from "node:util";
import { failureKindOf } from "@troupe/sdk";
import type { Failure, FailureCode } from "@troupe/protocol";

const MESSAGE_LIMIT = 8 * 1024;
const STACK_LIMIT = 16 * 1024;

/** A frame of this program or of Node itself, which tells a user nothing. */
const OWN_FRAME = /^\s+at .*(?:node:internal|\/runtime-image\/src\/|\/(?:host|chunk-[\w-]+)\.js:)/;

/** What user code threw, as a failure that can travel. Anything may be thrown. */
export function failureOf(thrown: unknown, code: FailureCode): Failure {
  const error = thrown instanceof Error ? thrown : null;
  const message = error === null ? (typeof thrown === "string" ? thrown : inspect(thrown)) : messageOf(error);
  const stack = error === null ? null : userStack(error);
  return {
    code,
    message: cut(message, MESSAGE_LIMIT),
    kind: failureKindOf(thrown),
    ...(stack === null ? {} : { stack }),
  };
}

/** The stack without frames of this program, causes included; null when there is none. */
export function userStack(error: Error): string | null {
  const parts: string[] = [];
  for (let at: unknown = error; at instanceof Error && parts.length < 5; at = at.cause) {
    // User code may have put anything in these two.
    const lines = format("%s", at.stack ?? at.message)
      .split("\n")
      .filter((line) => !OWN_FRAME.test(line));
    parts.push(lines.join("\n"));
  }
  return parts.length === 0 ? null : cut(parts.join("\ncaused by "), STACK_LIMIT);
}

function messageOf(error: Error): string {
  const message = format("%s", error.message);
  return message === "" ? error.name : message;
}

function cut(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit)} … (${text.length - limit} more characters)`;
}
