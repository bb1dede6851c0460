/**
 * A process that can be frozen, woken and killed. What it does over time is written as generators, which say how long they wait and go on when
 * it is time, but not while the process is frozen, and never once it is dead.
 */
import type { Clock } from "./clock.ts";

/** Waits for milliseconds, or for a message in a mailbox with a limit. */
export type Wait = number | { readonly mailbox: Mailbox<unknown>; readonly ms: number };

export type Task<T = void> = Generator<Wait, T, void>;

export class Process {
  readonly clock: Clock;
  #state: "running" | "frozen" | "dead" = "running";
  #backlog: (() => void)[] = [];

  constructor(clock: Clock) {
    this.clock = clock;
  }

  get isAlive(): boolean {
    return this.#state !== "dead";
  }

  get isFrozen(): boolean {
    return this.#state === "frozen";
  }

  freeze(): void {
    if (this.#state === "running") this.#state = "frozen";
  }

  /** What would have happened meanwhile happens now, in order. */
  wake(): void {
    if (this.#state !== "frozen") return;
    this.#state = "running";
    const backlog = this.#backlog;
    this.#backlog = [];
    for (const run of backlog)
      this.clock.after(0, () => {
        this.deliver(run);
      });
  }

  kill(): void {
    this.#state = "dead";
    this.#backlog = [];
  }

  /** Something reaches the process now. */
  deliver(run: () => void): void {
    if (this.#state === "running") run();
    else if (this.#state === "frozen") this.#backlog.push(run);
  }

  after(ms: number, run: () => void): void {
    this.clock.after(ms, () => {
      this.deliver(run);
    });
  }

  every(ms: number, run: () => boolean): void {
    this.after(ms, () => {
      if (run()) this.every(ms, run);
    });
  }

  spawn(task: Task): void {
    const { done, value } = task.next();
    if (done === true) return;
    const goOn = (): void => {
      this.spawn(task);
    };
    if (typeof value === "number") this.after(value, goOn);
    else value.mailbox.onNext(this, value.ms, goOn);
  }
}

/** For its effect alone. */
export function* voided<T>(task: Task<T>): Task {
  yield* task;
}

/** Messages for whoever waits for them; they are kept until then. */
export class Mailbox<T> {
  #messages: T[] = [];
  #wake: (() => void) | undefined;

  put(message: T): void {
    this.#messages.push(message);
    this.#wake?.();
  }

  /** @returns undefined when nothing came in time. */
  *receive(ms: number): Task<T | undefined> {
    if (this.#messages.length === 0) yield { mailbox: this, ms };
    return this.#messages.shift();
  }

  onNext(process: Process, ms: number, run: () => void): void {
    let isDue = true;
    const once = (): void => {
      if (!isDue) return;
      isDue = false;
      this.#wake = undefined;
      process.deliver(run);
    };
    this.#wake = once;
    process.clock.after(ms, once);
  }
}
