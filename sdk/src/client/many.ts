/** Many inputs through one window: so many jobs open at a time, outcomes as they come or in the order of the inputs. */
import { deferred } from "./deferred.ts";

export type Inputs<I> = Iterable<I> | AsyncIterable<I>;

export interface WindowOptions {
  /** Jobs open at a time. */
  readonly concurrency: number;
  /** `completion`: as they come. `input`: in the order of the inputs; what comes early is kept until its turn. */
  readonly order: "completion" | "input";
}

/** In input order, how many windows may be started beyond the outcome that is waited for. */
const AHEAD_WINDOWS = 4;

/** Starts work on `inputs` as long as the window has room, and yields what `start` resolves to. A rejection ends it. */
export async function* inWindow<I, O>(
  inputs: Inputs<I>,
  start: (input: I, index: number) => Promise<O>,
  { concurrency, order }: WindowOptions,
): AsyncGenerator<O, void, undefined> {
  const run = new WindowRun<I, O>(inputs, start, order === "input");
  const limit = Math.max(1, Math.floor(concurrency));
  void run.pump(limit, order === "input" ? limit * AHEAD_WINDOWS : limit * 2);
  try {
    for (let next = await run.take(); next !== undefined; next = await run.take()) yield next.value;
  } finally {
    run.stop();
  }
}

class WindowRun<I, O> {
  readonly #iterator: Iterator<I> | AsyncIterator<I>;
  readonly #start: (input: I, index: number) => Promise<O>;
  readonly #ordered: boolean;
  readonly #ready = new Map<number, { readonly value: O }>();
  #started = 0;
  #running = 0;
  #taken = 0;
  #exhausted = false;
  #stopped = false;
  #failure: { readonly error: unknown } | undefined;
  #changed = deferred<undefined>();

  constructor(inputs: Inputs<I>, start: (input: I, index: number) => Promise<O>, ordered: boolean) {
    this.#iterator = Symbol.asyncIterator in inputs ? inputs[Symbol.asyncIterator]() : inputs[Symbol.iterator]();
    this.#start = start;
    this.#ordered = ordered;
  }

  /** @param ahead how many outcomes may be started and not taken yet: bounds what a slow consumer costs */
  async pump(limit: number, ahead: number): Promise<void> {
    try {
      while (!this.#stopped) {
        if (this.#running >= limit || this.#started - this.#taken >= ahead) {
          await this.#changed.promise;
          continue;
        }
        const next = await this.#iterator.next();
        if (next.done === true) break;
        this.#launch(next.value);
      }
      this.#exhausted = true;
    } catch (error) {
      this.#failure ??= { error };
    }
    this.#wake();
  }

  #launch(input: I): void {
    const index = this.#started++;
    this.#running++;
    this.#start(input, index).then(
      (value) => {
        this.#running--;
        this.#ready.set(index, { value });
        this.#wake();
      },
      (error: unknown) => {
        this.#running--;
        this.#failure ??= { error };
        this.#wake();
      },
    );
  }

  async take(): Promise<{ readonly value: O } | undefined> {
    for (;;) {
      const index = this.#ordered ? this.#taken : this.#ready.keys().next().value;
      const found = index === undefined ? undefined : this.#ready.get(index);
      if (index !== undefined && found !== undefined) {
        this.#ready.delete(index);
        this.#taken++;
        this.#wake();
        return found;
      }
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#exhausted && this.#taken === this.#started) return undefined;
      await this.#changed.promise;
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#wake();
    if (!this.#exhausted) void this.#iterator.return?.();
  }

  #wake(): void {
    const changed = this.#changed;
    this.#changed = deferred<undefined>();
    changed.resolve(undefined);
  }
}
