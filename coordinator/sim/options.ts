/** The command line of the simulation. */
import { isMutation, MUTATIONS, type MutationName } from "./mutations.ts";

export const USAGE = `node coordinator/sim/main.ts [--seconds N | --seeds N] [--from S] [--seed S [--trace]] [--mutate ${Object.keys(MUTATIONS).join("|")}] [--check-mutations]

  --seconds N         as many seeds as fit into N seconds
  --seeds N           N seeds (default 100)
  --from S            the first seed (default 1)
  --seed S            this seed alone; with --trace, what happens in it, line by line
  --mutate M          with a rule taken out: exit 1, with the seed, once that is noticed
  --check-mutations   whether each of the mutations is noticed within 1,000 seeds`;

export interface Options {
  readonly from: number;
  readonly seeds: number;
  readonly seconds: number;
  readonly isTraced: boolean;
  readonly mutation: MutationName | undefined;
  readonly checksMutations: boolean;
}

/** @throws {Error} naming the argument that is wrong. */
export function readOptions(args: readonly string[]): Options {
  const given = split(args);
  const seed = numberIn(given, "--seed");
  const seconds = numberIn(given, "--seconds") ?? Infinity;
  const unasked = seconds === Infinity ? 100 : Infinity;
  return {
    from: seed ?? numberIn(given, "--from") ?? 1,
    seeds: seed === undefined ? (numberIn(given, "--seeds") ?? unasked) : 1,
    seconds,
    isTraced: given.has("--trace"),
    mutation: mutationOf(given.get("--mutate")),
    checksMutations: given.has("--check-mutations"),
  };
}

function split(args: readonly string[]): Map<string, string> {
  const given = new Map<string, string>();
  for (let at = 0; at < args.length; at++) {
    const name = args[at] ?? "";
    if (name === "--trace" || name === "--check-mutations") given.set(name, "");
    else if (["--seconds", "--seeds", "--from", "--seed", "--mutate"].includes(name)) given.set(name, args[++at] ?? "");
    else throw new Error(`${name} is no option.\n\n${USAGE}`);
  }
  return given;
}

function mutationOf(name: string | undefined): MutationName | undefined {
  if (name === undefined || isMutation(name)) return name;
  throw new Error(`--mutate ${name}: there are ${Object.keys(MUTATIONS).join(", ")}.`);
}

function numberIn(given: ReadonlyMap<string, string>, name: string): number | undefined {
  const text = given.get(name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`${name} ${text}: a whole number is expected.`);
  return value;
}
