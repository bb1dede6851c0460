/** `Chunker`: a team of actors that stays, preloaded with a function, to be called as often as one likes. */
import { codeRefOf } from "../actors/code.ts";
import { resultsOf, withTeam, type GivenActors } from "./chunk.ts";
import { ChunkUsageError } from "./errors.ts";
import { leaseGroup, type GroupLease } from "./group-lease.ts";
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
import { dismissTeam, hireTeam, type ChunkActor } from "./team.ts";

export interface ChunkerOptions extends TeamOptions, RunOptions {
  /** Work with these actors, in place of a function. They are neither started nor stopped. */
  readonly actors?: GivenActors;
  /** A group that was started for it stays when it is closed, until the program ends. Default false. */
  readonly persistent?: boolean;
}

/** Call it with parameters; with a function, that one replaces the former from then on. */
export interface Chunker<F extends ChunkFunction = ChunkFunction> extends AsyncDisposable {
  (parameters: ChunkParameters<F>, func?: null, options?: RunOptions): Promise<ChunkResults<F>>;
  <G extends ChunkFunction>(parameters: ChunkParameters<G>, func: G, options?: RunOptions): Promise<ChunkResults<G>>;
  /** To be given to `chunk`. They end with this chunker. */
  readonly actors: Promise<readonly ChunkActor[]>;
  /** How many they are; undefined for actors that were given and are not known yet. */
  readonly chunkSize: number | undefined;
  readonly persistent: boolean;
  /** Ends its actors, and the group if it was started for it. Idempotent. */
  close(): Promise<void>;
}

interface ChunkerConstructor {
  /** What the given actors take and return is theirs to know. @throws {ChunkUsageError} without `options.actors` */
  new (func: null, options?: ChunkerOptions): Chunker<(...args: unknown[]) => unknown>;
  /** @throws {ChunkUsageError} unless there is either a function or `options.actors` @throws {NotSendableError} */
  new <F extends ChunkFunction>(func: F | null, options?: ChunkerOptions): Chunker<F>;
}

interface Staff {
  readonly team: readonly ChunkActor[];
  readonly lease: GroupLease | undefined;
}

class ChunkerState {
  readonly #options: ChunkerOptions;
  readonly #staff: Promise<Staff>;
  readonly #isOwn: boolean;
  readonly size: number | undefined;
  /** One map at a time: two would share actors, and the function of the second would be that of the first. */
  #turn: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;

  constructor(func: ChunkFunction | null, options: ChunkerOptions) {
    const { actors } = options;
    if ((func === null) === (actors === undefined))
      throw new ChunkUsageError("Either a function or actors must be given, but not both: new Chunker(f)");
    this.#options = options;
    this.#isOwn = actors === undefined;
    this.size = actors === undefined ? chunkSizeOf(options) : undefined;
    this.#staff = actors === undefined ? hire(func, options) : given(actors);
    // Told to whoever calls; a constructor has nobody to tell it to yet.
    this.#staff.catch(() => undefined);
  }

  get actors(): Promise<readonly ChunkActor[]> {
    return this.#staff.then(({ team }) => team);
  }

  async run(parameters: readonly unknown[], func: ChunkFunction | null, options: RunOptions): Promise<unknown[]> {
    if (this.#closing !== undefined) throw new ChunkUsageError("the chunker is closed");
    const all = { ...this.#options, ...options };
    const mine = this.#turn.then(async () => withTeam((await this.#staff).team, func, parameters, all));
    this.#turn = mine.catch(() => undefined); // told to its caller; the next map is none the worse for it
    return resultsOf(await mine, all);
  }

  async close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#turn;
    const staff = await this.#staff.catch(() => undefined); // nothing was started
    if (staff === undefined) return;
    if (this.#isOwn) await dismissTeam(staff.team);
    if (this.#options.persistent !== true) await staff.lease?.release();
  }
}

async function hire(func: ChunkFunction | null, options: ChunkerOptions): Promise<Staff> {
  if (func === null) throw new ChunkUsageError("a chunker without actors needs a function");
  const lease = await leaseGroup();
  try {
    const team = await hireTeam(func, chunkSizeOf(options), workerOptions(options, options.retries ?? DEFAULT_RETRIES));
    return { team, lease };
  } catch (error) {
    await lease.release();
    throw error;
  }
}

async function given(actors: GivenActors): Promise<Staff> {
  return { team: await actors, lease: undefined };
}

/** A class whose instances can be called, which the language has only this way. */
function makeChunker(func: ChunkFunction | null, options: ChunkerOptions = {}): object {
  if (func !== null) codeRefOf(func);
  const state = new ChunkerState(func, options);
  const call = async (
    parameters: readonly unknown[],
    replacement: ChunkFunction | null = null,
    runOptions: RunOptions = {},
  ): Promise<unknown[]> => state.run(parameters, replacement, runOptions);
  const close = async (): Promise<void> => state.close();
  return Object.defineProperties(call, {
    actors: { get: () => state.actors },
    chunkSize: { get: () => state.size },
    persistent: { value: options.persistent ?? false },
    close: { value: close },
    [Symbol.asyncDispose]: { value: close },
  });
}

export const Chunker = new Proxy(ChunkerState, {
  construct: (_, [func, options]: [ChunkFunction | null, ChunkerOptions | undefined]) => makeChunker(func, options),
}) as unknown as ChunkerConstructor;
