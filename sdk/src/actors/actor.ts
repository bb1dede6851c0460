/** Creating actors, finding them, ending them. */
import type { ActorInfo } from "@troupe/protocol";
import { currentSystem } from "./actors.ts";
import { ActorUsageError } from "./errors.ts";
import { refOf, type Sendables, type ActorHandle, type ActorRef } from "./handle.ts";
import type { ActorOptions } from "./options.ts";
import type { SharedRef } from "./shared.ts";

/**
 * Creates an actor: an object of `cls` in a process of its own, on this machine or in the group's replicas. Resolves when its constructor has returned.
 *
 * @example
 * const counter = await actor(Counter, [10], { name: "visits" });
 * await counter.increment(2);
 *
 * @throws {ActorDiedError} when its code could not be loaded or its constructor threw.
 * @throws {ActorAlreadyExistsError} when another living one has its name.
 * @throws {ActorRefusedError} when it claims more than there is. @throws {NotSendableError} when `cls` or `args` cannot travel.
 */
export async function actor<Args extends readonly unknown[], T extends object>(
  cls: new (...args: Args) => T,
  args: Sendables<Args>,
  options?: ActorOptions,
): Promise<ActorHandle<T>>;
export async function actor<T extends object>(cls: new () => T): Promise<ActorHandle<T>>;
export async function actor<T extends object>(
  cls: new (...args: never[]) => T,
  args: readonly unknown[] = [],
  options: ActorOptions = {},
): Promise<ActorHandle<T>> {
  const { runtime } = await currentSystem();
  return runtime.create<T>(cls, args, options);
}

/** The living actor of that name. @throws {ActorNotFoundError} */
export async function actorNamed<T extends object>(name: string): Promise<ActorHandle<T>> {
  const { runtime } = await currentSystem();
  return runtime.named<T>(name);
}

export interface KillOptions {
  /** Begin it anew, if it has restarts left. Default false: it ends for good. */
  readonly restart?: boolean;
}

/** Ends an actor at once, whatever it does, and everything that it has created. Resolves when that is journalled. */
export async function kill(handle: object, { restart = false }: KillOptions = {}): Promise<void> {
  const { runtime } = await currentSystem();
  await runtime.kill(refOrThrow(handle).id, restart);
}

/** All actors of the group, the lately dead included. */
export async function listActors(): Promise<readonly ActorInfo[]> {
  const { runtime } = await currentSystem();
  return runtime.list();
}

/** What is known of an actor: its status, its queue, what it does at this moment. Answered whatever it does. */
export async function actorInfo(handle: object): Promise<ActorInfo> {
  const { runtime } = await currentSystem();
  return runtime.find(refOrThrow(handle).id);
}

/**
 * Puts a value where every process of the machine can read it, once; the reference travels. Typed arrays and buffers lie there as they are
 * in memory.
 *
 * @example
 * const model = await put(new Float64Array(12_500_000));
 * const predictors = await Promise.all([1, 2, 3].map(() => actor(Predictor, [model]))); // each gets the array
 */
export async function put<T>(value: T): Promise<SharedRef<T>> {
  const { runtime } = await currentSystem();
  return runtime.shared.put(value);
}

/** Whether a value is a handle. */
export function isActorHandle(value: unknown): value is ActorHandle<object> {
  return refOf(value) !== undefined;
}

/** The id under which an actor is listed. */
export function actorId(handle: object): string {
  return refOrThrow(handle).id;
}

function refOrThrow(handle: object): ActorRef {
  const ref = refOf(handle);
  if (ref === undefined) throw new ActorUsageError("this is no handle of an actor; actor() returns one");
  return ref;
}
