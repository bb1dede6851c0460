import type { JobsSpec } from "../manifest.ts";
import type { JobPolicy } from "../revision.ts";
import { milliseconds, optionalMilliseconds } from "./milliseconds.ts";

export const DEFAULT_MAX_ATTEMPTS = 3;
export const DEFAULT_INITIAL_BACKOFF_SECONDS = 1;
export const DEFAULT_MAX_BACKOFF_SECONDS = 30;
export const DEFAULT_MAX_IN_FLIGHT = 1000;
export const DEFAULT_KEEP_RESULTS_SECONDS = 86_400;

export function compileJobPolicy(jobs: JobsSpec = {}): JobPolicy {
  const initialMs = milliseconds(jobs.backoff?.initialSeconds ?? DEFAULT_INITIAL_BACKOFF_SECONDS);
  return {
    timeoutMs: optionalMilliseconds(jobs.timeoutSeconds),
    queueTimeoutMs: optionalMilliseconds(jobs.queueTimeoutSeconds),
    maxAttempts: jobs.maxAttempts ?? DEFAULT_MAX_ATTEMPTS,
    // A first pause beyond the default maximum raises it: only two declared values can contradict each other.
    backoff: {
      initialMs,
      maxMs: Math.max(initialMs, milliseconds(jobs.backoff?.maxSeconds ?? DEFAULT_MAX_BACKOFF_SECONDS)),
    },
    maxInFlight: jobs.maxInFlight ?? DEFAULT_MAX_IN_FLIGHT,
    keepResultsMs: milliseconds(jobs.keepResultsSeconds ?? DEFAULT_KEEP_RESULTS_SECONDS),
  };
}
