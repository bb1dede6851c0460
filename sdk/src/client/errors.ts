/** What a caller can meet. Every error has a `name` to tell it by, even between two copies of this package. */
import { farCause } from "../far-cause.ts";
import type { JobFailure } from "./outcome.ts";

/** The job ended as failed: a module threw, timed out or died with its replica, as often as it may. */
export class JobFailedError extends Error {
  override readonly name = "JobFailedError";
  readonly jobId: string;
  readonly code: string;
  /** The module that failed, or null when none was running. */
  readonly module: string | null;
  readonly group: string | null;
  readonly replica: string | null;
  /** Which attempt it was; 1 for the first. */
  readonly attempt: number | null;

  /** `cause` carries the module's own stack, when there is one. */
  constructor(jobId: string, failure: JobFailure) {
    super(failure.message, failure.stack === undefined ? {} : { cause: farCause(failure.message, failure.stack) });
    this.jobId = jobId;
    this.code = failure.code;
    this.module = failure.module;
    this.group = failure.group;
    this.replica = failure.replica;
    this.attempt = failure.attempt;
  }
}

/** The job was cancelled before it was done. */
export class JobCancelledError extends Error {
  override readonly name = "JobCancelledError";
  readonly code = "Cancelled";
  readonly jobId: string;

  constructor(jobId: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.jobId = jobId;
  }
}

/** The coordinator refused what was asked. `code` is one of the door's; `hint` says what to do. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  readonly code: string;
  readonly hint: string | null;

  constructor(code: string, message: string, hint: string | null) {
    super(hint === null ? message : `${message}. ${hint}`);
    this.code = code;
    this.hint = hint;
  }
}

/** The input cannot travel: neither JSON nor bytes can carry it. */
export class InvalidInputError extends Error {
  override readonly name = "InvalidInputError";
  readonly code = "InvalidInput";
}

/** Nobody who owns the pipeline has answered for a long time. The message says what was waited for. */
export class NoCoordinatorError extends Error {
  override readonly name = "NoCoordinatorError";
  readonly code = "NoCoordinator";
}

/** The caller's `timeoutMs` passed. The job was told to stop. */
export class JobTimeoutError extends Error {
  override readonly name = "JobTimeoutError";
  readonly code = "CallerTimeout";
  readonly jobId: string;

  constructor(jobId: string, message: string) {
    super(message);
    this.jobId = jobId;
  }
}

/** The client was closed while the call waited, or before it was made. */
export class ClientClosedError extends Error {
  override readonly name = "ClientClosedError";
  readonly code = "ClientClosed";
}
