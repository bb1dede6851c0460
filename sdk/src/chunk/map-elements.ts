/**
 * The map itself: so many workers, each with one element at a time, refilled as they finish. Who they are is not its concern.
 *
 * A worker that dies for good is missed: its element goes to another, so often and no more.
 */
import type { Outcome } from "../pool/outcome.ts";

export interface Worker {
  run(index: number, signal: AbortSignal): Promise<unknown>;
  /** Whether an error says that the worker is gone for good, and whether the element may have run before. */
  lossBy(error: unknown): Promise<"none" | "before" | "during">;
}

export interface MapRun {
  readonly workers: readonly Worker[];
  /** Positions of the elements that are to be computed. */
  readonly elements: Iterable<number>;
  /** How often an element is begun again after its worker has died. */
  readonly retries: number;
  /** Called as elements end. Throwing ends the map. */
  readonly onEnd: (index: number, outcome: Outcome<unknown>) => Promise<void>;
  /** Ends the map: what runs is cancelled and waited for. */
  readonly signal: AbortSignal;
}

/** @throws what `onEnd` throws, once all others have come to rest. @throws the signal's reason */
export async function mapElements(run: MapRun): Promise<void> {
  const stop = new AbortController();
  const map = new ElementMap(run, AbortSignal.any([run.signal, stop.signal]));
  let alive = run.workers;
  // An element that comes back from a worker that died may find all others gone home: they are asked again.
  while (alive.length > 0 && map.hasWaiting) {
    const ends = await Promise.allSettled(
      alive.map(async (worker) =>
        map.work(worker).catch((error: unknown) => {
          stop.abort();
          throw error;
        }),
      ),
    );
    run.signal.throwIfAborted();
    const failed = ends.find((end) => end.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    alive = alive.filter((worker) => !map.lost.has(worker));
  }
  await map.giveUp();
}

class ElementMap {
  readonly #run: MapRun;
  readonly #signal: AbortSignal;
  /** The next one stands last. */
  readonly #waiting: number[];
  readonly #retries = new Map<number, number>();
  /** Workers that are gone, and why. */
  readonly lost = new Map<Worker, unknown>();

  constructor(run: MapRun, signal: AbortSignal) {
    this.#run = run;
    this.#signal = signal;
    this.#waiting = [...run.elements].reverse();
  }

  get hasWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** Works off what waits, until nothing does or the worker is lost. */
  async work(worker: Worker): Promise<void> {
    while (!this.#signal.aborted && !this.lost.has(worker)) {
      const index = this.#waiting.pop();
      if (index === undefined) return;
      await this.#workOn(worker, index);
    }
  }

  /** Nobody is left for what waits. */
  async giveUp(): Promise<void> {
    const [error] = [...this.lost.values()].slice(-1);
    for (const index of this.#waiting.reverse()) await this.#run.onEnd(index, { kind: "failed", error });
  }

  async #workOn(worker: Worker, index: number): Promise<void> {
    const outcome = await outcomeOf(worker, index, this.#signal);
    if (this.#signal.aborted) return;
    const loss = outcome.kind === "failed" ? await worker.lossBy(outcome.error) : "none";
    if (outcome.kind === "failed" && loss !== "none") {
      this.lost.set(worker, outcome.error);
      if (loss === "before" || this.#mayRetry(index)) {
        this.#waiting.push(index);
        return;
      }
    }
    await this.#run.onEnd(index, outcome);
  }

  #mayRetry(index: number): boolean {
    const left = this.#retries.get(index) ?? this.#run.retries;
    this.#retries.set(index, left - 1);
    return left > 0;
  }
}

async function outcomeOf(worker: Worker, index: number, signal: AbortSignal): Promise<Outcome<unknown>> {
  try {
    return { kind: "done", value: await worker.run(index, signal) };
  } catch (error) {
    return { kind: "failed", error };
  }
}
