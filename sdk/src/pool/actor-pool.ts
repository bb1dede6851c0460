/**
 * A pool of actors that work on tasks, with the verbs of Ray's ActorPool. Other than there, a task starts the moment an actor is free; the
 * death of an actor neither wedges the pool nor loses a task; a function that throws costs no actor; ordered and unordered use can be mixed.
 */
import { inWindow, type Inputs } from "../client/many.ts";
import { PoolEmptyError } from "./errors.ts";
import { valueOf, type Outcome } from "./outcome.ts";
import { Results, type NextOptions } from "./results.ts";
import { Workers } from "./workers.ts";

export interface PoolOptions<A> {
  /** How often a task is given to another actor when the one that worked on it died. It may then run twice. Default 0. */
  readonly retries?: number;
  /** Whether an error of a task says that its actor is dead for good. Default: an error whose `name` is `ActorDiedError`. */
  readonly hasDied?: (error: unknown, actor: A) => boolean;
}

export interface MapOptions {
  /** Stops taking inputs; what runs is waited for and dropped. */
  readonly signal?: AbortSignal;
}

type TaskFunction<A, V, R> = (actor: A, value: V) => R | Promise<R>;

export class ActorPool<A extends object, R = unknown> {
  readonly #workers: Workers<A>;
  readonly #results = new Results<R>();
  readonly #retries: number;

  /** @throws {AlreadyInPoolError} when an actor is listed twice */
  constructor(actors: Iterable<A>, { retries = 0, hasDied = isDeath }: PoolOptions<A> = {}) {
    this.#workers = new Workers(hasDied);
    this.#retries = retries;
    for (const actor of actors) this.push(actor);
  }

  /** How many actors it has, busy ones included. */
  get size(): number {
    return this.#workers.size;
  }

  /** Gives `value` to the next actor that is free; at once, if one is. The result is taken by `getNext` or `getNextUnordered`. */
  submit<V>(fn: TaskFunction<A, V, R>, value: V): void {
    const slot = this.#results.add();
    this.#run(fn, value, (outcome) => {
      this.#results.settle(slot, outcome);
    });
  }

  /** Whether there are results to take, now or later. */
  hasNext(): boolean {
    return this.#results.hasNext;
  }

  /** Whether a task that is submitted now starts at once. */
  hasFree(): boolean {
    return this.#workers.hasFree;
  }

  /**
   * The next result in the order of submission.
   * @throws {NoMoreResultsError} when all were taken. @throws {PoolTimeoutError}. @throws {PoolEmptyError} when nobody is there to work.
   * @throws the task's own error
   */
  async getNext(options: NextOptions = {}): Promise<R> {
    this.#checkStaffed("input");
    return valueOf(await this.#results.next(options));
  }

  /** The result that is there first; throws as `getNext` does. */
  async getNextUnordered(options: NextOptions = {}): Promise<R> {
    this.#checkStaffed("completion");
    return valueOf(await this.#results.nextUnordered(options));
  }

  /** Results of `fn` in the order of `values`, which may be endless: they are taken as actors come free and results are taken. */
  map<V, M>(
    fn: TaskFunction<A, V, M>,
    values: Inputs<V>,
    options: MapOptions = {},
  ): AsyncGenerator<M, void, undefined> {
    return this.#stream(fn, values, "input", options);
  }

  /** As `map`, in the order in which they end. */
  mapUnordered<V, M>(
    fn: TaskFunction<A, V, M>,
    values: Inputs<V>,
    options: MapOptions = {},
  ): AsyncGenerator<M, void, undefined> {
    return this.#stream(fn, values, "completion", options);
  }

  /** The results of what was submitted, in that order, until all are taken. */
  async *[Symbol.asyncIterator](): AsyncGenerator<R, void, undefined> {
    while (this.hasNext()) yield await this.getNext();
  }

  /** @throws {AlreadyInPoolError} */
  push(actor: A): void {
    this.#workers.add(actor);
  }

  /** Takes an actor that has nothing to do out of the pool; undefined when there is none. */
  popIdle(): A | undefined {
    return this.hasFree() ? this.#workers.takeIdle() : undefined;
  }

  async *#stream<V, M>(
    fn: TaskFunction<A, V, M>,
    values: Inputs<V>,
    order: "input" | "completion",
    { signal }: MapOptions,
  ): AsyncGenerator<M, void, undefined> {
    if (this.size === 0) throw new PoolEmptyError(0);
    signal?.throwIfAborted();
    const start = async (value: V): Promise<Outcome<M>> =>
      new Promise((resolve) => {
        this.#run(fn, value, resolve);
      });
    const options = { concurrency: this.size, order, enough: () => signal?.aborted === true };
    for await (const outcome of inWindow(values, start, options)) {
      signal?.throwIfAborted();
      yield valueOf(outcome);
    }
    signal?.throwIfAborted();
  }

  #run<V, M>(fn: TaskFunction<A, V, M>, value: V, settle: (outcome: Outcome<M>) => void): void {
    let result: { readonly kind: "done"; readonly value: M } | undefined;
    this.#workers.submit({
      run: async (actor) => {
        result = { kind: "done", value: await fn(actor, value) };
      },
      end: (failed) => {
        settle(failed ?? result ?? { kind: "failed", error: new Error("a task ended without a result") });
      },
      retries: this.#retries,
    });
  }

  #checkStaffed(order: "input" | "completion"): void {
    const { waiting } = this.#workers;
    if (this.size === 0 && waiting > 0 && !this.#results.isReady(order)) throw new PoolEmptyError(waiting);
  }
}

function isDeath(error: unknown): boolean {
  return error instanceof Error && error.name === "ActorDiedError";
}
