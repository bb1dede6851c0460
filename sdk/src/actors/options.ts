/** What can be said about an actor when it is made. */
import type { ActorOrder } from "@troupe/protocol";
import { ActorUsageError } from "./errors.ts";

export interface ActorOptions {
  /** A name by which everybody in the group finds it. Free again when it has ended. */
  readonly name?: string;
  /** With `name`: take the living actor of that name, if there is one. Default false: then that is an error. */
  readonly getIfExists?: boolean;
  /** Goes on when whoever created it ends; ends by `kill`, or with the group. Default false. */
  readonly detached?: boolean;
  /** CPUs that it claims; an agreement, nothing enforces it. Default 0. */
  readonly cpus?: number;
  /** GPUs that it claims. A fraction lies on one GPU. Default 0. It sees no others (`CUDA_VISIBLE_DEVICES`). */
  readonly gpus?: number;
  /** Heap limit in MiB. Default: Node's. */
  readonly memoryMb?: number;
  /** Calls that run at a time, interleaved in one thread. Default 1, or 1,000 for a class with async methods. */
  readonly maxConcurrency?: number;
  /** How often it is made anew after it died, from its constructor's arguments; -1: always. Default 0. */
  readonly maxRestarts?: number;
  /** How often a call that died with it is made again; -1: always. It may then run more than once. Default 0. */
  readonly maxTaskRetries?: number;
  /** Calls that may wait or run; more are refused at once. Default 10,000. */
  readonly maxPendingCalls?: number;
  /**
   * How long it may wait for room and for its constructor, in milliseconds; then it is given up, and the error says what it waited for.
   * Default 300,000 in a group of a cluster, whose nodes may have to come first; else as long as it takes.
   */
  readonly startTimeoutMs?: number;
}

type Resolved = Omit<ActorOrder, "id" | "className" | "code" | "args" | "parent">;

const DEFAULTS = {
  name: null,
  detached: false,
  cpus: 0,
  gpus: 0,
  memoryMb: null,
  maxConcurrency: null,
  maxRestarts: 0,
  maxTaskRetries: 0,
  maxPendingCalls: 10_000,
};

/** @throws {ActorUsageError} when a number makes no sense. */
export function resolveOptions(className: string, options: ActorOptions): Resolved {
  const { getIfExists, cpus, gpus, startTimeoutMs, ...rest } = { ...DEFAULTS, ...defined(options) };
  if (getIfExists === true && rest.name === null)
    throw new ActorUsageError(`getIfExists needs a name: actor(${className}, args, { name: "…", getIfExists: true })`);
  if (startTimeoutMs !== undefined && !(startTimeoutMs > 0))
    throw new ActorUsageError(`actor(${className}): startTimeoutMs is ${startTimeoutMs}; it must be above 0`);
  for (const [name, least] of LEAST) {
    const value = rest[name];
    if (value !== null && !(Number.isInteger(value) && value >= least))
      throw new ActorUsageError(
        `actor(${className}): ${name} is ${value}; it must be a whole number of ${least} or more`,
      );
  }
  return { ...rest, claim: { cpus, gpus } };
}

const LEAST = [
  ["memoryMb", 1],
  ["maxConcurrency", 1],
  ["maxRestarts", -1],
  ["maxTaskRetries", -1],
  ["maxPendingCalls", 1],
] as const;

/** Options that are named and undefined have their defaults, as those that are not named. */
function defined(options: ActorOptions): ActorOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
