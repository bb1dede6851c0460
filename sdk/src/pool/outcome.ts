/** How a task ended, as data: nobody may be there yet to catch a rejection. */
export type Outcome<R> = { readonly kind: "done"; readonly value: R } | Failed;

export interface Failed {
  readonly kind: "failed";
  readonly error: unknown;
}

/** @throws the task's own error */
export function valueOf<R>(outcome: Outcome<R>): R {
  if (outcome.kind === "failed") throw outcome.error;
  return outcome.value;
}
