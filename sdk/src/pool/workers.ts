/**
 * The actors of a pool and what waits for one. A task starts the moment an actor is free, whether anybody asks for its result or not. An
 * actor that dies leaves; its task goes to another as often as it may, or ends with the reason of the death. None is lost.
 */
import { AlreadyInPoolError, PoolEmptyError } from "./errors.ts";
import type { Failed } from "./outcome.ts";

export interface Work<A> {
  /** Keeps its result to itself. */
  readonly run: (actor: A) => Promise<void>;
  /** Called once; with what went wrong, if something did. */
  readonly end: (failed?: Failed) => void;
  /** How often it may still be given to another actor after the death of one. */
  retries: number;
}

export class Workers<A> {
  readonly #members = new Set<A>();
  /** The one that was used last is used next: what it has loaded is warm. */
  readonly #idle: A[] = [];
  readonly #waiting: Work<A>[] = [];
  readonly #hasDied: (error: unknown, actor: A) => boolean;

  constructor(hasDied: (error: unknown, actor: A) => boolean) {
    this.#hasDied = hasDied;
  }

  get size(): number {
    return this.#members.size;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Whether a task that is submitted now starts now. */
  get hasFree(): boolean {
    return this.#idle.length > 0 && this.#waiting.length === 0;
  }

  /** @throws {AlreadyInPoolError} */
  add(actor: A): void {
    if (this.#members.has(actor)) throw new AlreadyInPoolError();
    this.#members.add(actor);
    this.#release(actor);
  }

  /** Takes an actor that has nothing to do out of the pool. */
  takeIdle(): A | undefined {
    const actor = this.#idle.pop();
    if (actor !== undefined) this.#members.delete(actor);
    return actor;
  }

  submit(work: Work<A>): void {
    this.#waiting.push(work);
    this.#dispatch();
  }

  #dispatch(): void {
    while (this.#waiting.length > 0 && this.#idle.length > 0) {
      const work = this.#waiting.shift();
      const actor = this.#idle.pop();
      if (work !== undefined && actor !== undefined) void this.#start(work, actor);
    }
  }

  async #start(work: Work<A>, actor: A): Promise<void> {
    try {
      await work.run(actor);
      work.end();
    } catch (error) {
      if (this.#hasDied(error, actor)) {
        this.#bury(actor, work, error);
        return;
      }
      work.end({ kind: "failed", error });
    }
    this.#release(actor);
  }

  #release(actor: A): void {
    this.#idle.push(actor);
    this.#dispatch();
  }

  #bury(actor: A, work: Work<A>, error: unknown): void {
    this.#members.delete(actor);
    if (work.retries > 0 && this.#members.size > 0) {
      work.retries--;
      this.#waiting.unshift(work);
      this.#dispatch();
    } else {
      work.end({ kind: "failed", error });
    }
    if (this.#members.size === 0) this.#failWaiting(error);
  }

  /** Nobody is left, and nobody is known to come: a wait without end would be worse than the truth. */
  #failWaiting(cause: unknown): void {
    const orphans = this.#waiting.splice(0);
    const error = new PoolEmptyError(orphans.length, { cause });
    for (const { end } of orphans) end({ kind: "failed", error });
  }
}
