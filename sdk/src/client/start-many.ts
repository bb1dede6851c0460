/** The jobs of one call for many: what cannot be submitted fills its place, and whoever leaves early cancels what is open. */
import { ClientClosedError, InvalidInputError, JobCancelledError, JobTimeoutError, RefusedError } from "./errors.ts";
import type { IndexedOutcome, JobOutcome, JobResult } from "./outcome.ts";

export interface ManySettings<Result extends JobResult> {
  readonly signal: AbortSignal | undefined;
  readonly newId: () => string;
  readonly run: (input: unknown, id: string) => Promise<JobOutcome<Result>>;
  readonly cancel: (id: string) => void;
}

export interface Many<Result extends JobResult> extends Disposable {
  /** The signal says that no more are wanted. */
  readonly enough: () => boolean;
  readonly start: (input: unknown, index: number) => Promise<IndexedOutcome<Result>>;
}

export function startMany<Result extends JobResult>({
  signal,
  newId,
  run,
  cancel,
}: ManySettings<Result>): Many<Result> {
  const open = new Set<string>();
  const cancelAll = (): void => {
    for (const id of open) cancel(id);
  };
  // One listener for all of them: a signal warns about more than a few.
  signal?.addEventListener("abort", cancelAll, { once: true });
  return {
    enough: () => signal?.aborted === true,
    start: async (input, index) => {
      const id = newId();
      open.add(id);
      try {
        return { ...(await run(input, id)), index };
      } catch (error) {
        return { ...outcomeOfError(id, error), index };
      } finally {
        open.delete(id);
      }
    },
    [Symbol.dispose]: () => {
      signal?.removeEventListener("abort", cancelAll);
      cancelAll();
    },
  };
}

/** Rethrows what concerns not this job alone: no coordinator, a closed client. */
function outcomeOfError(id: string, error: unknown): JobOutcome<never> {
  if (error instanceof JobCancelledError)
    return { id, state: "cancelled", error: { code: "Cancelled", message: error.message } };
  const isOfJob =
    error instanceof RefusedError || error instanceof InvalidInputError || error instanceof JobTimeoutError;
  if (!isOfJob || error instanceof ClientClosedError) throw error;
  const nowhere = { module: null, group: null, replica: null, attempt: null };
  return { id, state: "failed", error: { code: error.code, message: error.message, ...nowhere } };
}
