/** What a caller of a pool can meet. Errors of the tasks themselves come as they are. */

/** `getNext` was called when every result had been taken. */
export class NoMoreResultsError extends Error {
  override readonly name = "NoMoreResultsError";
  readonly code = "NoMoreResults";

  constructor() {
    super("No more results to get: every task that was submitted has been taken. Ask hasNext() first.");
  }
}

/** The caller's `timeoutMs` passed. The task goes on, and its result can still be taken. */
export class PoolTimeoutError extends Error {
  override readonly name = "PoolTimeoutError";
  readonly code = "CallerTimeout";

  constructor(timeoutMs: number) {
    super(`Timed out waiting for result: none came in ${timeoutMs} ms. The task goes on; ask again for it.`);
  }
}

/** The same actor was given to a pool twice. */
export class AlreadyInPoolError extends Error {
  override readonly name = "AlreadyInPoolError";
  readonly code = "AlreadyInPool";

  constructor() {
    super("Actor already belongs to current ActorPool. Push it once; popIdle() takes it out.");
  }
}

/** There is nobody left to work on what was submitted. */
export class PoolEmptyError extends Error {
  override readonly name = "PoolEmptyError";
  readonly code = "PoolEmpty";

  constructor(tasks: number, options?: ErrorOptions) {
    super(
      `The pool has no actors left, and ${tasks} ${tasks === 1 ? "task waits" : "tasks wait"} for one. push() another actor.`,
      options,
    );
  }
}
