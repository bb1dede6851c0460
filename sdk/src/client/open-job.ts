/** A job that this client waits for: what is known of it, and when to say something about it again. */
import type { JobOutcome } from "./outcome.ts";

/** What is sent to the door, again and again with the same id, until it is journalled. */
export interface Submission {
  readonly operation: "submit" | "process";
  readonly body: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Header of a submission whose caller waits for the outcome alone: that the job is journalled is said half a second later, and not at all when
 * it has ended by then. So a short job costs its client one message and not two.
 */
export const LATE_ACCEPT = { "Troupe-Accept": "late" };

/** How waiting ends. An outcome of the job is a value; an error means that the outcome is not known. */
export interface Waiter {
  /** The submission is in the journal. */
  accepted(revision: string): void;
  ended(outcome: JobOutcome): void;
  failed(error: Error): void;
}

export interface OpenJob {
  readonly id: string;
  /** Usually one; more when the same id is waited for by several callers. */
  readonly waiters: Waiter[];
  /** Undefined once it is in the journal: then nothing needs to be sent again. */
  submission: Submission | undefined;
  /** When to send the submission again, or to ask for the outcome. Monotonic milliseconds, as all times here. */
  nextAt: number;
  /** When the submission was last sent. */
  sentAt: number;
  backoffMs: number;
  /** When the caller no longer waits; Infinity: never. */
  readonly deadlineAt: number;
  cancelling: boolean;
  /** An outcome came, and its stored results are being fetched. */
  arriving: boolean;
}

/** First pause before something is said again, doubled each time. */
export const BACKOFF_FIRST_MS = 25;
/** Longest pause while the owner is changing: what a takeover takes longer for this client than it must. */
export const BACKOFF_ELSEWHERE_MS = 250;
/** Longest pause while the owner has no room. */
export const BACKOFF_LATER_MS = 1_000;
/** After how long without any reply a submission is sent again, at least. */
export const RESEND_MS = 2_000;
/** How often the outcomes of open jobs are asked for; they come by themselves as long as nothing dies. */
export const RENEW_MS = 2_000;

/** Moves the next attempt into the future. @param bounds `atLeastMs`: what the coordinator asked for */
export function backOff(
  job: OpenJob,
  nowMs: number,
  bounds: { readonly atLeastMs: number; readonly atMostMs: number },
): void {
  job.nextAt = nowMs + Math.max(Math.min(job.backoffMs, bounds.atMostMs), bounds.atLeastMs);
  job.backoffMs = Math.min(job.backoffMs * 2, BACKOFF_LATER_MS);
}

/** What is due now, and when something is due next. */
export interface Due {
  readonly send: readonly OpenJob[];
  readonly renew: readonly OpenJob[];
  readonly expired: readonly OpenJob[];
  readonly nextAt: number;
}

export function whatIsDue(jobs: Iterable<OpenJob>, nowMs: number): Due {
  const send: OpenJob[] = [];
  const renew: OpenJob[] = [];
  const expired: OpenJob[] = [];
  let nextAt = Number.POSITIVE_INFINITY;
  for (const job of jobs) {
    if (job.arriving) continue;
    if (job.deadlineAt <= nowMs) expired.push(job);
    else if (job.nextAt <= nowMs) (job.submission === undefined ? renew : send).push(job);
    else nextAt = Math.min(nextAt, job.nextAt, job.deadlineAt);
  }
  return { send, renew, expired, nextAt };
}

/** One that is in the journal already; its outcome is asked for at once. */
export function acceptedJob(id: string, waiter: Waiter): OpenJob {
  return { ...newJob(id, undefined, waiter, Number.POSITIVE_INFINITY), nextAt: 0 };
}

/** The submission, whose acceptance is wanted now. */
export function hurried({ headers, ...rest }: Submission): Submission {
  const { "Troupe-Accept": _, ...kept } = headers;
  return { ...rest, headers: kept };
}

export function newJob(id: string, submission: Submission | undefined, waiter: Waiter, deadlineAt: number): OpenJob {
  return {
    id,
    waiters: [waiter],
    submission,
    nextAt: 0,
    sentAt: 0,
    backoffMs: BACKOFF_FIRST_MS,
    deadlineAt,
    cancelling: false,
    arriving: false,
  };
}
