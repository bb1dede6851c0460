/** Functions that run once, in another process. */
import { availableParallelism } from "node:os";
import { currentSystem } from "./actors.ts";
import { codeRefOf } from "./code.ts";
import { CallCancelledError } from "./errors.ts";
import type { Sendables } from "./handle.ts";
import type { ActorRuntime } from "./runtime.ts";
import { TaskPool } from "./task-pool.ts";

export interface TaskOptions {
  /** How often it runs again when its process died; it may then run more than once. Default 3. */
  readonly retries?: number;
  /** Cancels it when it aborts. */
  readonly signal?: AbortSignal;
}

/** The result of a task that is on its way. */
export interface TaskPromise<T> extends Promise<T> {
  /** Takes it back: it does not begin any more, or its `callSignal()` aborts; what ignores that is ended with its process. */
  cancel(reason?: string): void;
}

/** Tasks often wait; a few more processes than cores do no harm. */
const LEAST_RUNNERS = 4;
const DEFAULT_RETRIES = 3;

const pools = new WeakMap<ActorRuntime, TaskPool>();

/**
 * Runs a function once in a process of the group, with others that are free: as many at a time as there are cores, and four at least.
 * It is done when the calls that it made have been delivered.
 *
 * @example
 * const doubled = await task((n: number) => 2 * n, 21);
 * @throws {NotSendableError} at once, when the function uses variables from around it.
 */
export function task<Args extends readonly unknown[], R>(
  fn: (...args: Args) => R,
  ...args: Sendables<Args>
): TaskPromise<Awaited<R>> {
  return taskWith({}, fn, ...args);
}

/** As `task`, with options. */
export function taskWith<Args extends readonly unknown[], R>(
  { retries = DEFAULT_RETRIES, signal }: TaskOptions,
  fn: (...args: Args) => R,
  ...args: Sendables<Args>
): TaskPromise<Awaited<R>> {
  codeRefOf(fn);
  const aborter = new AbortController();
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const cancel = (reason = "the task was cancelled"): void => {
    if (aborter.signal.aborted) return;
    aborter.abort();
    reject(new CallCancelledError(reason));
  };
  if (signal?.aborted === true) cancel();
  signal?.addEventListener("abort", () => {
    cancel();
  });
  Promise.resolve(currentSystem())
    .then(({ runtime }) => {
      const job = { fn, args, signal: aborter.signal, resolve, reject, retriesLeft: retries };
      if (!aborter.signal.aborted) poolOf(runtime).add(job);
    })
    .catch(reject);
  return Object.assign(promise as Promise<Awaited<R>>, { cancel });
}

function poolOf(runtime: ActorRuntime): TaskPool {
  const known = pools.get(runtime);
  if (known !== undefined) return known;
  const pool = new TaskPool(runtime, Math.max(LEAST_RUNNERS, availableParallelism()));
  pools.set(runtime, pool);
  return pool;
}
