/** Many inputs through one window: so many jobs open at a time, outcomes as they come or in the order of the inputs. */

export type Inputs<I> = Iterable<I> | AsyncIterable<I>;

export interface WindowOptions {
  /** Jobs open at a time. */
  readonly concurrency: number;
  /** `completion`: as they come. `input`: in the order of the inputs; what comes early is kept until its turn. */
  readonly order: "completion" | "input";
  /** True: take no more inputs, as if there were none. */
  readonly enough: () => boolean;
}

/** In input order, how many windows may be started beyond the outcome that is waited for. */
const AHEAD_WINDOWS = 4;

/** Starts work on `inputs` as long as the window has room, and yields what `start` resolves to. A rejection ends it. */
export async function* inWindow<I, O>(
  inputs: Inputs<I>,
  start: (input: I, index: number) => Promise<O>,
  options: WindowOptions,
): AsyncGenerator<O, void, undefined> {
  const run = new WindowRun<I, O>(inputs, start, options);
  try {
    run.fill();
    for (;;) {
      const next = run.take();
      if (next !== undefined) yield next.value;
      else if (run.finished) return;
      else await run.changed();
    }
  } finally {
    run.stop();
  }
}

/** No promise of its own for a job: what is started wakes the consumer only when it waits. */
class WindowRun<I, O> {
  readonly #source: Iterator<I> | AsyncIterator<I>;
  readonly #start: (input: I, index: number) => Promise<O>;
  readonly #options: WindowOptions;
  readonly #limit: number;
  /** Started and not taken yet, at most: bounds what a slow consumer costs. */
  readonly #ahead: number;
  readonly #ready = new Map<number, { readonly value: O }>();
  #started = 0;
  #running = 0;
  #taken = 0;
  #exhausted = false;
  #pulling = false;
  #failure: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor(inputs: Inputs<I>, start: (input: I, index: number) => Promise<O>, options: WindowOptions) {
    this.#source = Symbol.asyncIterator in inputs ? inputs[Symbol.asyncIterator]() : inputs[Symbol.iterator]();
    this.#start = start;
    this.#options = options;
    this.#limit = Math.max(1, Math.floor(options.concurrency));
    this.#ahead = this.#limit * (options.order === "input" ? AHEAD_WINDOWS : 2);
  }

  get finished(): boolean {
    return this.#exhausted && this.#taken === this.#started;
  }

  /** Starts what there is room for. */
  fill(): void {
    try {
      while (this.#hasRoom()) {
        const next = this.#source.next();
        if (next instanceof Promise) {
          this.#pull(next);
          return;
        }
        this.#accept(next);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The next outcome when it is there. @throws what `start` or the inputs have thrown, once all before it is taken */
  take(): { readonly value: O } | undefined {
    const index = this.#options.order === "input" ? this.#taken : this.#ready.keys().next().value;
    const found = index === undefined ? undefined : this.#ready.get(index);
    if (index !== undefined && found !== undefined) {
      this.#ready.delete(index);
      this.#taken++;
      this.fill();
      return found;
    }
    if (this.#failure !== undefined) throw this.#failure.error;
    return undefined;
  }

  async changed(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  stop(): void {
    if (this.#exhausted) return;
    this.#exhausted = true;
    void this.#source.return?.();
  }

  #hasRoom(): boolean {
    if (this.#exhausted || this.#pulling || this.#failure !== undefined) return false;
    if (this.#running >= this.#limit || this.#started - this.#taken >= this.#ahead) return false;
    if (this.#options.enough()) this.stop();
    return !this.#exhausted;
  }

  #pull(next: Promise<IteratorResult<I>>): void {
    this.#pulling = true;
    next.then(
      (result) => {
        this.#pulling = false;
        if (!this.#exhausted) this.#accept(result);
        this.fill();
        this.#notify();
      },
      (error: unknown) => {
        this.#pulling = false;
        this.#fail(error);
      },
    );
  }

  #accept(next: IteratorResult<I>): void {
    if (next.done === true) {
      this.#exhausted = true;
      return;
    }
    const index = this.#started++;
    this.#running++;
    this.#start(next.value, index).then(
      (value) => {
        this.#running--;
        this.#ready.set(index, { value });
        this.fill();
        this.#notify();
      },
      (error: unknown) => {
        this.#running--;
        this.#fail(error);
      },
    );
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#notify();
  }

  #notify(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
