/** Keeps one process running: started again when it ends, at once the first time, then with growing pauses. */
import { setTimeout as delay } from "node:timers/promises";

/** A process that was started. `exited` says how it ended, in words. */
export interface Running {
  readonly pid: number;
  readonly exited: Promise<string>;
}

export interface SuperviseOptions<R extends Running> {
  readonly start: () => Promise<R>;
  /** It ended, and nobody had asked it to. */
  readonly onExit: (pid: number, reason: string) => void;
  /** It was started again, or could not be: then that is tried again. */
  readonly onRestart: (outcome: { readonly pid: number } | { readonly error: Error }) => void;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
/** After having run for so long, an end is a first one. */
const STEADY_MS = 3_000;

export class Supervisor<R extends Running> {
  readonly #options: SuperviseOptions<R>;
  #current: R | undefined;
  #restarts = 0;
  #stopping = new AbortController();
  #watch: Promise<void> | undefined;

  constructor(options: SuperviseOptions<R>) {
    this.#options = options;
  }

  /** The process that runs now; undefined between two of them. */
  get current(): R | undefined {
    return this.#current;
  }

  get restarts(): number {
    return this.#restarts;
  }

  /** The first start. Whatever it throws is thrown, and nothing is supervised then. */
  async start(): Promise<R> {
    const first = await this.#options.start();
    this.#current = first;
    this.#watch = this.#keep(first);
    return first;
  }

  /** Sends a signal to what runs now. @returns whether anything did. */
  kill(signal: NodeJS.Signals): boolean {
    const { pid } = this.#current ?? {};
    if (pid === undefined) return false;
    try {
      return process.kill(pid, signal);
    } catch {
      return false; // It has just ended.
    }
  }

  /** Ends it for good: SIGTERM, and SIGKILL when it has not ended after `graceMs`. Idempotent. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping.abort();
    // A stopped process (SIGSTOP) takes SIGTERM only once it goes on.
    this.kill("SIGTERM");
    this.kill("SIGCONT");
    const patience = new AbortController();
    const bound = delay(graceMs, undefined, { signal: patience.signal }).then(
      () => {
        this.kill("SIGKILL");
      },
      () => undefined,
    );
    await this.#watch;
    patience.abort();
    await bound;
  }

  async #keep(first: R): Promise<void> {
    let running = first;
    for (let pauseMs = 0; !this.#isEnding();) {
      const startedAt = performance.now();
      const reason = await running.exited;
      this.#current = undefined;
      if (this.#isEnding()) return;
      this.#options.onExit(running.pid, reason);
      if (performance.now() - startedAt > STEADY_MS) pauseMs = 0;
      const next = await this.#again(pauseMs);
      if (next === undefined) return;
      running = next;
      pauseMs = longer(pauseMs);
    }
    await running.exited;
    this.#current = undefined;
  }

  /** Tries until it is started; undefined when that is no longer wanted. */
  async #again(firstPauseMs: number): Promise<R | undefined> {
    for (let pauseMs = firstPauseMs; ; pauseMs = longer(pauseMs)) {
      if (!(await this.#pause(pauseMs))) return undefined;
      try {
        this.#current = await this.#options.start();
        this.#endIfStopping();
        this.#restarts++;
        this.#options.onRestart({ pid: this.#current.pid });
        return this.#current;
      } catch (error) {
        this.#options.onRestart({ error: error instanceof Error ? error : new Error(String(error)) });
      }
    }
  }

  /** It was being started while everything began to end. */
  #endIfStopping(): void {
    if (this.#isEnding()) this.kill("SIGTERM");
  }

  #isEnding(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** False when it was cut short because everything ends. */
  async #pause(pauseMs: number): Promise<boolean> {
    try {
      await delay(pauseMs, undefined, { signal: this.#stopping.signal });
      return true;
    } catch {
      return false;
    }
  }
}

function longer(pauseMs: number): number {
  return Math.min(Math.max(pauseMs * 2, FIRST_PAUSE_MS), LONGEST_PAUSE_MS);
}
