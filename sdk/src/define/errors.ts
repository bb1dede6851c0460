/**
 * How a module says whether trying again makes sense. Marked by a symbol of the global registry and not by class, so that a
 * module that carries its own copy of the SDK is understood all the same.
 */
const FAILURE_KIND = Symbol.for("troupe.failure-kind");

/** Ends the job at once: the input is wrong, and trying again would not change that. */
export class TerminalError extends Error {
  override readonly name: string = "TerminalError";
  readonly [FAILURE_KIND] = "terminal";
}

/** Tries the block again, up to `jobs.maxAttempts`. Any other error is treated the same; this one says so in the code. */
export class RetryableError extends Error {
  override readonly name: string = "RetryableError";
  readonly [FAILURE_KIND] = "retryable";
}

/** A module returned a value that neither JSON nor bytes can carry. Terminal: the next attempt would return the same. */
export class ResultNotEncodable extends Error {
  override readonly name = "ResultNotEncodable";
  readonly [FAILURE_KIND] = "terminal";
  /** Where in the value, as in `result.items[3].owner`. */
  readonly path: string;

  constructor(path: string, what: string, cure: string) {
    super(`${path} is ${what}: ${cure}`);
    this.path = path;
  }
}

/** Whether what was thrown ends the job (`terminal`) or is tried again (`retryable`, the default). */
export function failureKindOf(thrown: unknown): "terminal" | "retryable" {
  if (typeof thrown !== "object" || thrown === null) return "retryable";
  return Reflect.get(thrown, FAILURE_KIND) === "terminal" ? "terminal" : "retryable";
}
