import type { Failure } from "@troupe/protocol";
import type { Execution } from "./execution.ts";

/** How a host came to its end. */
export interface Death {
  readonly failure: Failure;
  /** Number of the execution that is known to have caused it; null when nobody knows. */
  readonly culprit: number | null;
}

export interface Verdict {
  readonly execution: Execution;
  readonly failure: Failure;
  readonly fault: "own" | "shared";
}

/**
 * Who is charged when a host dies (E9): the one that is known to have caused it, or the only one that ran. When several ran
 * and nobody can be named, all are suspects; beside a known culprit, the others are neighbours. Both are `shared`.
 */
export function verdicts(running: readonly Execution[], { failure, culprit }: Death): Verdict[] {
  return running.map((execution) => {
    const own = running.length === 1 || execution.n === culprit;
    if (own) return { execution, failure, fault: "own" };
    const message = `The host ended while ${running.length} executions ran in it: ${failure.message}`;
    return { execution, failure: { code: failure.code, message, kind: "retryable" }, fault: "shared" };
  });
}
