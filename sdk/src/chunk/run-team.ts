/** One map by a team that is there: results, checkpoint, progress, errors. */
import { resolve } from "node:path";
import { ActorDiedError } from "../actors/errors.ts";
import type { Outcome } from "../pool/outcome.ts";
import { Checkpoint } from "./checkpoint.ts";
import { ChunkElementError } from "./errors.ts";
import { mapElements, type Worker } from "./map-elements.ts";
import { DEFAULT_RETRIES, type RunOptions } from "./options.ts";
import { ProgressMeter } from "./progress.ts";
import { functionOf, isDead, runOn, type ChunkActor } from "./team.ts";

/** @returns how every element ended, in their order. @throws {ChunkElementError} unless errors are collected */
export async function runTeam(
  team: readonly ChunkActor[],
  parameters: readonly unknown[],
  options: RunOptions,
): Promise<Outcome<unknown>[]> {
  const { progress = process.stderr.isTTY, onError = "stop", retries = DEFAULT_RETRIES, signal } = options;
  await using cleanup = new AsyncDisposableStack();
  const checkpoint = options.path === undefined ? undefined : await openCheckpoint(options.path, team, parameters);
  if (checkpoint !== undefined) cleanup.use(checkpoint);
  const outcomes = new Map<number, Outcome<unknown>>();
  for (const [index, value] of checkpoint?.done ?? []) outcomes.set(index, { kind: "done", value });
  using meter = new ProgressMeter(progress, parameters.length, outcomes.size);
  await mapElements({
    workers: team.map((member, slot) => workerOf(member, slot, parameters)),
    elements: [...parameters.keys()].filter((index) => !outcomes.has(index)),
    retries,
    signal: signal ?? new AbortController().signal,
    onEnd: async (index, outcome) => {
      if (outcome.kind === "failed" && onError === "stop")
        throw new ChunkElementError(index, parameters.length, outcome.error);
      outcomes.set(index, outcome);
      if (outcome.kind === "done") await checkpoint?.add(index, outcome.value);
      meter.ended(outcome.kind);
    },
  });
  return Array.from(parameters, (_, index) => outcomes.get(index) ?? missing(index));
}

function workerOf(member: ChunkActor, slot: number, parameters: readonly unknown[]): Worker {
  return {
    run: async (index, signal) => runOn(member, { index, slot, args: argsOf(parameters[index]), signal }),
    lossBy: async (error) => {
      if (!(error instanceof ActorDiedError) || !(await isDead(member))) return "none";
      return error.mayHaveRun ? "during" : "before";
    },
  };
}

/** A list is the list of arguments; anything else is the one argument. */
function argsOf(element: unknown): readonly unknown[] {
  return Array.isArray(element) ? element : [element];
}

async function openCheckpoint(
  path: string,
  team: readonly ChunkActor[],
  parameters: readonly unknown[],
): Promise<Checkpoint> {
  const func = await functionOf(team);
  const body = Function.prototype.toString.call(func);
  return Checkpoint.open(resolve(path), { functionName: func.name, body, parameters });
}

function missing(index: number): never {
  throw new Error(`element ${index} of a map has neither a result nor an error`);
}
