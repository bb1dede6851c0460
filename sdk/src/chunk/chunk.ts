/** `chunk`: a function over many parameters, by a team of actors, with the results in order. */
import type { Outcome } from "../pool/outcome.ts";
import { valueOf } from "../pool/outcome.ts";
import { ChunkUsageError } from "./errors.ts";
import { leaseGroup } from "./group-lease.ts";
import type { ChunkFunction } from "./labelled-actor.ts";
import {
  chunkSizeOf,
  DEFAULT_RETRIES,
  workerOptions,
  type ChunkParameters,
  type ChunkResults,
  type RunOptions,
  type TeamOptions,
} from "./options.ts";
import { runTeam } from "./run-team.ts";
import { dismissTeam, hireTeam, teach, type ChunkActor } from "./team.ts";

/** Actors that are there, such as a Chunker's; they are neither started nor stopped. */
export type GivenActors = readonly ChunkActor[] | Promise<readonly ChunkActor[]>;

export interface ChunkOptions extends RunOptions, TeamOptions {
  /** Work with these actors. A function that is given too replaces theirs, and stays. `chunkSize` has to be their number. */
  readonly actors?: GivenActors;
}

type Collecting = ChunkOptions & { readonly onError: "collect" };

/**
 * Runs `func` on each of `parameters`; with `null`, the function that `options.actors` hold.
 *
 * @example
 * await chunk((a, b) => a + b, [[1, 4], [2, 5], [3, 6]], { chunkSize: 2 }); // [5, 7, 9]
 *
 * @throws {ChunkElementError} naming the first element that failed. @throws {NotSendableError} when `func` uses what cannot come along.
 * @throws {CheckpointMismatchError} when `path` belongs to something else. @throws {ChunkUsageError}
 */
export async function chunk<F extends ChunkFunction>(
  func: F,
  parameters: ChunkParameters<F>,
  options: Collecting,
): Promise<PromiseSettledResult<Awaited<ReturnType<F>>>[]>;
export async function chunk<F extends ChunkFunction>(
  func: F,
  parameters: ChunkParameters<F>,
  options?: ChunkOptions,
): Promise<ChunkResults<F>>;
export async function chunk(
  func: null,
  parameters: readonly unknown[],
  options: ChunkOptions & { readonly actors: GivenActors },
): Promise<unknown[]>;
export async function chunk(
  func: ChunkFunction | null,
  parameters: readonly unknown[],
  options: ChunkOptions = {},
): Promise<unknown[]> {
  const outcomes =
    options.actors === undefined
      ? await withOwnTeam(func, parameters, options)
      : await withTeam(await options.actors, func, parameters, options);
  return resultsOf(outcomes, options);
}

/** @returns values, or how each ended where errors are collected */
export function resultsOf(outcomes: readonly Outcome<unknown>[], { onError }: RunOptions): unknown[] {
  return outcomes.map((outcome) => (onError === "collect" ? settled(outcome) : valueOf(outcome)));
}

function settled(outcome: Outcome<unknown>): PromiseSettledResult<unknown> {
  return outcome.kind === "done"
    ? { status: "fulfilled", value: outcome.value }
    : { status: "rejected", reason: outcome.error };
}

async function withOwnTeam(
  func: ChunkFunction | null,
  parameters: readonly unknown[],
  options: ChunkOptions,
): Promise<Outcome<unknown>[]> {
  if (func === null) throw new ChunkUsageError("Either a function or actors must be given: chunk(f, parameters)");
  const size = chunkSizeOf(options);
  const lease = await leaseGroup();
  try {
    const team = await hireTeam(func, size, workerOptions(options, options.retries ?? DEFAULT_RETRIES));
    try {
      return await runTeam(team, parameters, options);
    } finally {
      await dismissTeam(team);
    }
  } finally {
    await lease.release();
  }
}

/** With actors that are there. */
export async function withTeam(
  team: readonly ChunkActor[],
  func: ChunkFunction | null,
  parameters: readonly unknown[],
  options: RunOptions & Pick<TeamOptions, "chunkSize">,
): Promise<Outcome<unknown>[]> {
  const { chunkSize = team.length } = options;
  if (team.length === 0) throw new ChunkUsageError("there are no actors in `actors`");
  if (chunkSize !== team.length)
    throw new ChunkUsageError(`chunkSize is ${chunkSize}, and there are ${team.length} actors: leave it out`);
  if (func !== null) await teach(team, func);
  return runTeam(team, parameters, options);
}
