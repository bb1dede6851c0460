/** What the API server refused, or that it did not answer. */
import { fieldOf, textField } from "./json.ts";

export interface Refusal {
  /** HTTP status; 0: there was no answer. */
  readonly status: number;
  /** As the server gives it: `NotFound`, `Conflict`, …; `Unreachable` and `Timeout` when it did not answer. */
  readonly reason: string;
  readonly message: string;
  /** How long the server asks to be left alone. */
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

export class KubeError extends Error {
  override readonly name = "KubeError";
  readonly status: number;
  readonly reason: string;
  readonly retryAfterMs: number | undefined;

  constructor(refusal: Refusal) {
    super(refusal.message, refusal.cause === undefined ? undefined : { cause: refusal.cause });
    this.status = refusal.status;
    this.reason = refusal.reason;
    this.retryAfterMs = refusal.retryAfterMs;
  }

  get isNotFound(): boolean {
    return this.status === 404;
  }

  /** Somebody else wrote since the version that this write carried, or the object exists already. */
  get isConflict(): boolean {
    return this.status === 409;
  }

  /** The server no longer knows the version that was asked for: list again. */
  get isExpired(): boolean {
    return this.status === 410;
  }

  /** Nothing was answered: a write may have happened, or not. */
  get isUnclear(): boolean {
    return this.status === 0;
  }
}

/** A write was not started, because this process may no longer be the leader. */
export class NotLeadingError extends Error {
  override readonly name = "NotLeadingError";
}

export function isNotFound(error: unknown): boolean {
  return error instanceof KubeError && error.isNotFound;
}

/** What an answer that is no success says: a Status object, or whatever text a proxy on the way wrote. */
export function refusalOf(
  call: string,
  answer: { readonly status: number; readonly body: string; readonly retryAfter: string | undefined },
): KubeError {
  const status = parseOrNothing(answer.body);
  return refusalFrom(call, {
    status,
    code: answer.status,
    otherwise: answer.body.slice(0, 300),
    retryAfter: answer.retryAfter,
  });
}

/** What a Status object says. */
export function refusalFrom(
  call: string,
  said: {
    readonly status: unknown;
    readonly code: number;
    readonly otherwise: string;
    readonly retryAfter?: string | undefined;
  },
): KubeError {
  const reason = textField(said.status, "reason") ?? "Unknown";
  const message = textField(said.status, "message") ?? said.otherwise;
  const seconds = Number(said.retryAfter ?? fieldOf(fieldOf(said.status, "details"), "retryAfterSeconds"));
  return new KubeError({
    status: said.code,
    reason,
    message: `${call}: ${said.code} ${reason}: ${message}`,
    retryAfterMs: Number.isFinite(seconds) ? seconds * 1000 : undefined,
  });
}

function parseOrNothing(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined; // a proxy's page
  }
}
