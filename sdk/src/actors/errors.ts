/** What callers of actors can meet. Errors that a method threw come as they were thrown: with their name, message, code and stack. */
import type { Death, DeathCode } from "@troupe/protocol";
import { farCause } from "../far-cause.ts";

/** The actor has ended, or ended while it worked on the call. The message says why. */
export class ActorDiedError extends Error {
  override readonly name = "ActorDiedError";
  /** How it ended; null when nobody knows any more. */
  readonly reason: DeathCode | null;
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Whether the call may have run, in whole or in part. */
  readonly mayHaveRun: boolean;

  constructor(what: string, death: Death | null, mayHaveRun: boolean) {
    const { code, message, exitCode, signal } = death ?? UNKNOWN;
    const ran = mayHaveRun ? " The call may have run; maxTaskRetries would make it again." : "";
    super(
      `${what}: the actor is dead: ${message}.${ran}`,
      death?.stack === undefined ? {} : { cause: farCause(death.message, death.stack) },
    );
    this.reason = code;
    this.exitCode = exitCode ?? null;
    this.signal = signal ?? null;
    this.mayHaveRun = mayHaveRun;
  }
}

const UNKNOWN: Omit<Death, "code"> & { readonly code: null } = {
  code: null,
  message: "it ended so long ago that nobody knows why",
};

/** Its mailbox was full: the call has not run and will not. */
export class PendingCallsLimitError extends Error {
  override readonly name = "PendingCallsLimitError";
  readonly code = "PendingCallsLimit";

  constructor(what: string, limit: number) {
    super(
      `${what}: the actor has ${limit} calls waiting or running, and takes no more. Await some, or raise maxPendingCalls.`,
    );
  }
}

/** The call or task was cancelled before it ended. */
export class CallCancelledError extends Error {
  override readonly name = "CallCancelledError";
  readonly code = "Cancelled";
}

/** A living actor has that name already. */
export class ActorAlreadyExistsError extends Error {
  override readonly name = "ActorAlreadyExistsError";
  readonly code = "ActorAlreadyExists";
}

/** Nobody knows such an actor. */
export class ActorNotFoundError extends Error {
  override readonly name = "ActorNotFoundError";
  readonly code = "ActorNotFound";
}

/** The registry refused to make the actor. `code` says why. */
export class ActorRefusedError extends Error {
  override readonly name = "ActorRefusedError";
  readonly code: string;

  constructor(code: string, message: string, hint: string) {
    super(`${message}. ${hint}`);
    this.code = code;
  }
}

/** A value or function cannot travel to another process. The message says which, and what to do. */
export class NotSendableError extends Error {
  override readonly name = "NotSendableError";
  readonly code = "NotSendable";
}

/** Something of actors was used where it cannot be. */
export class ActorUsageError extends Error {
  override readonly name = "ActorUsageError";
  readonly code = "ActorUsage";
}
