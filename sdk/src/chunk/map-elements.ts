/**
 * The map itself: so many workers, each with one element at a time, refilled as they finish. Who they are is not its concern.
 *
 * A worker that dies for good is missed: its element goes to another, so often and no more.
 */
import type { Outcome } from "../pool/outcome.ts";

export interface Worker {
  run(index: number, signal: AbortSignal): Promise<unknown>;
  /** Whether an error says that the worker is gone for good. */
  isLostBy(error: unknown): Promise<boolean>;
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
  const waiting = [...run.elements].reverse();
  const lives = new Map<number, number>();
  const stop = new AbortController();
  const signal = AbortSignal.any([run.signal, stop.signal]);
  const isStopped = (): boolean => signal.aborted;
  let lost: unknown;

  const work = async (worker: Worker): Promise<void> => {
    for (let index = waiting.pop(); index !== undefined && !isStopped(); index = waiting.pop()) {
      const outcome = await outcomeOf(worker, index, signal);
      if (isStopped()) return;
      const isLost = outcome.kind === "failed" && (await worker.isLostBy(outcome.error));
      const left = lives.get(index) ?? run.retries;
      if (isLost && left > 0) {
        lives.set(index, left - 1);
        waiting.push(index);
      } else await run.onEnd(index, outcome);
      if (isLost) {
        lost = outcome.error;
        return;
      }
    }
  };

  const ends = await Promise.allSettled(
    run.workers.map(async (worker) =>
      work(worker).catch((error: unknown) => {
        stop.abort();
        throw error;
      }),
    ),
  );
  run.signal.throwIfAborted();
  const failed = ends.find((end) => end.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  // Nobody is left for these.
  for (const index of waiting.reverse()) await run.onEnd(index, { kind: "failed", error: lost });
}

async function outcomeOf(worker: Worker, index: number, signal: AbortSignal): Promise<Outcome<unknown>> {
  try {
    return { kind: "done", value: await worker.run(index, signal) };
  } catch (error) {
    return { kind: "failed", error };
  }
}
