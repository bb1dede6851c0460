/** What can be said about a chunked map. */
import { availableParallelism } from "node:os";
import type { ActorOptions } from "../actors/options.ts";
import { ChunkUsageError } from "./errors.ts";
import type { ChunkFunction } from "./labelled-actor.ts";
import type { ProgressOption } from "./progress.ts";

/** A list of arguments, or the one argument itself. An only argument that is a list has to stand in one: `[[1, 2]]`. */
export type ChunkParameters<F extends ChunkFunction> = readonly (Parameters<F> | Parameters<F>[0])[];

/** In the order of the parameters. */
export type ChunkResults<F extends ChunkFunction> = Awaited<ReturnType<F>>[];

export interface RunOptions {
  /** Shows how far it is. Default: when the standard error is a terminal. */
  readonly progress?: ProgressOption;
  /** A file that keeps the results as they come, so that an interrupted map goes on from there. */
  readonly path?: string;
  /**
   * `stop`: the first failing element ends the map, its siblings are cancelled. `collect`: all are tried, and what comes back says of each how
   * it ended, as `Promise.allSettled` does. Default `stop`.
   */
  readonly onError?: "stop" | "collect";
  /** How often an element is begun again when its worker died. It may then run more than once. Default 3. */
  readonly retries?: number;
  /** Ends the map. */
  readonly signal?: AbortSignal;
}

export interface TeamOptions {
  /** How many workers; exactly so many, however few elements there are. Default: the cores of this machine. */
  readonly chunkSize?: number;
  /** Claims and limits of the workers. */
  readonly actor?: Omit<ActorOptions, "name" | "getIfExists" | "detached">;
}

export const DEFAULT_RETRIES = 3;

/** @throws {ChunkUsageError} */
export function chunkSizeOf({ chunkSize = availableParallelism() }: Pick<TeamOptions, "chunkSize">): number {
  if (Number.isInteger(chunkSize) && chunkSize > 0) return chunkSize;
  throw new ChunkUsageError(`chunkSize is ${chunkSize}; it must be a whole number of 1 or more`);
}

/** Workers of ours are made anew when they die, and their element with them. */
export function workerOptions({ actor = {} }: TeamOptions, retries: number): ActorOptions {
  return { maxRestarts: -1, maxTaskRetries: retries, ...actor };
}
