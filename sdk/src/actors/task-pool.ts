/** Runs tasks in actors that are made as they are needed, and used again. */
import { ActorDiedError, CallCancelledError } from "./errors.ts";
import { refOf, type ActorHandle } from "./handle.ts";
import type { ActorRuntime } from "./runtime.ts";
import { TaskRunner } from "./task-runner.ts";

/** A task that does not end within so long after it was cancelled is ended with its process. */
const GRACE_MS = 2_000;
/** Runners that have had nothing to do for so long are ended. */
const IDLE_MS = 10_000;

type AnyFunction = (...args: never[]) => unknown;

export interface Job {
  readonly fn: AnyFunction;
  readonly args: readonly unknown[];
  readonly signal: AbortSignal;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  retriesLeft: number;
}

interface Runner {
  readonly handle: ActorHandle<TaskRunner>;
  idle: NodeJS.Timeout | undefined;
}

export class TaskPool {
  readonly #runtime: ActorRuntime;
  readonly #size: number;
  readonly #queue: Job[] = [];
  readonly #free: Runner[] = [];
  #runners = 0;

  constructor(runtime: ActorRuntime, size: number) {
    this.#runtime = runtime;
    this.#size = size;
  }

  add(job: Job): void {
    this.#queue.push(job);
    this.#pump();
  }

  #pump(): void {
    while (this.#queue.length > 0) {
      const runner = this.#free.pop();
      if (runner === undefined) {
        if (this.#runners < this.#size) void this.#makeRunner();
        return;
      }
      clearTimeout(runner.idle);
      const job = this.#queue.shift();
      if (job !== undefined && !job.signal.aborted) void this.#run(runner, job);
      else this.#rest(runner);
    }
  }

  async #makeRunner(): Promise<void> {
    this.#runners++;
    try {
      const handle = await this.#runtime.create<TaskRunner>(TaskRunner, [], { maxConcurrency: 1 });
      this.#rest({ handle, idle: undefined });
    } catch (error) {
      this.#runners--;
      if (this.#runners === 0) for (const job of this.#queue.splice(0)) job.reject(error);
    }
    this.#pump();
  }

  #rest(runner: Runner): void {
    this.#free.push(runner);
    runner.idle = setTimeout(() => {
      this.#free.splice(this.#free.indexOf(runner), 1);
      this.#end(runner);
    }, IDLE_MS);
    runner.idle.unref();
  }

  #end({ handle }: Runner): void {
    this.#runners--;
    const ref = refOf(handle);
    // One that cannot be ended now ends with us.
    if (ref !== undefined) this.#runtime.kill(ref.id, false).catch(() => undefined);
  }

  async #run(runner: Runner, job: Job): Promise<void> {
    const ref = refOf(runner.handle);
    if (ref === undefined) return;
    const ended = new AbortController();
    const giveUp = (): void => {
      const timer = setTimeout(() => {
        this.#runtime.kill(ref.id, false).catch(() => undefined);
      }, GRACE_MS);
      ended.signal.addEventListener("abort", () => {
        clearTimeout(timer);
      });
    };
    job.signal.addEventListener("abort", giveUp, { once: true });
    try {
      job.resolve(await this.#runtime.call(ref, "run", [job.fn, ...job.args], { signal: job.signal }));
      this.#rest(runner);
    } catch (error) {
      this.#failed(runner, job, error);
    } finally {
      ended.abort();
      job.signal.removeEventListener("abort", giveUp);
    }
    this.#pump();
  }

  #failed(runner: Runner, job: Job, error: unknown): void {
    if (!(error instanceof ActorDiedError)) {
      this.#rest(runner);
      job.reject(error);
      return;
    }
    this.#runners--;
    if (job.signal.aborted) job.reject(new CallCancelledError("the task was cancelled"));
    else if (job.retriesLeft === 0) job.reject(error);
    else {
      job.retriesLeft--;
      this.#queue.unshift(job);
    }
  }
}
