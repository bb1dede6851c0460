/** The actors of a map, and the function that they are to run. */
import { actor, actorInfo, kill } from "../actors/actor.ts";
import { currentSystem } from "../actors/actors.ts";
import { codeRefOf } from "../actors/code.ts";
import { ActorDiedError, ActorNotFoundError } from "../actors/errors.ts";
import { refOf } from "../actors/handle.ts";
import type { ActorOptions } from "../actors/options.ts";
import { randomBytes } from "node:crypto";
import { LabelledActor, type ChunkFunction, type Label } from "./labelled-actor.ts";

/** A handle of an actor of `LabelledActor`, or of a class that extends it. */
export interface ChunkActor {
  run(label: Label, ...args: never[]): Promise<readonly [Label, unknown]>;
  setFunc(func: ChunkFunction, stamp?: string | null): Promise<void>;
  getFunc(): Promise<ChunkFunction>;
}

/** What an actor was last told to run from here. Null: nothing; it holds what its constructor was given. */
interface Held {
  readonly func: ChunkFunction;
  readonly stamp: string;
}

const held = new WeakMap<ChunkActor, Held>();

/** @throws {NotSendableError} at once, when `func` cannot travel */
export async function hireTeam(func: ChunkFunction, size: number, options: ActorOptions): Promise<ChunkActor[]> {
  codeRefOf(func);
  const stamp = newStamp();
  const made = await Promise.allSettled(
    Array.from({ length: size }, async () => actor(LabelledActor, [func, stamp], options)),
  );
  const team = made.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  const failed = made.find((each) => each.status === "rejected");
  if (failed !== undefined) {
    await dismissTeam(team);
    throw failed.reason;
  }
  for (const member of team) held.set(member, { func, stamp });
  return team;
}

/** Ends them all; those that are dead already are none the worse for it. */
export async function dismissTeam(team: readonly ChunkActor[]): Promise<void> {
  await Promise.all(
    team.map(async (member) =>
      kill(member).catch((error: unknown) => {
        if (!(error instanceof ActorDiedError || error instanceof ActorNotFoundError)) throw error;
      }),
    ),
  );
}

/** Gives all of them another function, which stays. Those that are dead are found when they are to work. */
export async function teach(team: readonly ChunkActor[], func: ChunkFunction): Promise<void> {
  codeRefOf(func);
  const lesson = { func, stamp: newStamp() };
  await Promise.all(
    team.map(async (member) => {
      held.set(member, lesson);
      await member.setFunc(func, lesson.stamp).catch((error: unknown) => {
        if (!(error instanceof ActorDiedError)) throw error;
      });
    }),
  );
}

/** The function that the team runs. */
export async function functionOf(team: readonly ChunkActor[]): Promise<ChunkFunction> {
  const [first] = team;
  if (first === undefined) throw new Error("a team without actors has no function");
  return held.get(first)?.func ?? first.getFunc();
}

export interface Call {
  readonly index: number;
  readonly slot: number;
  readonly args: readonly unknown[];
  readonly signal: AbortSignal;
}

/** Runs one element; an actor that was made anew meanwhile gets its function again. */
export async function runOn(member: ChunkActor, { index, slot, args, signal }: Call): Promise<unknown> {
  const lesson = held.get(member);
  const label = { index, slot, stamp: lesson?.stamp ?? null };
  try {
    return await call(member, [label, ...args], signal);
  } catch (error) {
    if (lesson === undefined || !isStale(error)) throw error;
    await member.setFunc(lesson.func, lesson.stamp);
    return call(member, [label, ...args], signal);
  }
}

/** Whether the actor has ended for good, rather than only lost this call. */
export async function isDead(member: ChunkActor): Promise<boolean> {
  try {
    return (await actorInfo(member)).status === "dead";
  } catch (error) {
    if (error instanceof ActorNotFoundError || error instanceof ActorDiedError) return true;
    throw error;
  }
}

async function call(member: ChunkActor, args: readonly unknown[], signal: AbortSignal): Promise<unknown> {
  const ref = refOf(member);
  if (ref === undefined) throw new TypeError("this is no handle of an actor; actor() returns one");
  const { runtime } = await currentSystem();
  const answer = await runtime.call(ref, "run", args, { signal });
  if (!Array.isArray(answer) || answer.length !== 2)
    throw new TypeError(`${ref.className}.run() must return [label, value], as LabelledActor does`);
  return answer[1];
}

function isStale(error: unknown): boolean {
  return error instanceof Error && error.name === "StaleFunctionError";
}

function newStamp(): string {
  return randomBytes(6).toString("base64url");
}
