/** Runs the simulation over many seeds; see options.ts. Exit code 1: an invariant is broken, and the seed that shows it is printed. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { MUTATIONS, mutate } from "./mutations.ts";
import { readOptions, type Options } from "./options.ts";
import { Tally } from "./tally.ts";

const MUTATION_SEEDS = 1_000;

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** @returns whether all seeds passed. */
async function run(options: Options): Promise<boolean> {
  const { from, seeds, seconds, isTraced, mutation } = options;
  const mutations = mutation === undefined ? {} : mutate(mutation);
  const { simulate } = await import("./simulation.ts"); // behind the mutation
  const deadline = performance.now() + seconds * 1_000;
  const tally = new Tally();
  const trace = isTraced ? { trace: print } : {};
  let failure = "";
  for (let seed = from; seed < from + seeds && performance.now() < deadline && failure === ""; seed++) {
    try {
      tally.add(simulate({ seed, mutations, ...trace }));
    } catch (error) {
      failure = failureText(seed, mutation, error);
    }
  }
  for (const line of tally.lines) print(line);
  if (failure !== "") print(failure);
  print(`${tally.seeds} passed, ${failure === "" ? 0 : 1} failed`);
  return failure === "";
}

function failureText(seed: number, mutation: string | undefined, error: unknown): string {
  const replay = `node coordinator/sim/main.ts --seed ${seed}${mutation === undefined ? "" : ` --mutate ${mutation}`} --trace`;
  return `seed ${seed}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\nreplay: ${replay}`;
}

/** Each in a process of its own, whose sources are mutated. @returns whether all were noticed. */
function checkMutations(): boolean {
  let passed = 0;
  for (const [name, { what }] of Object.entries(MUTATIONS)) {
    const child = spawnSync(
      process.execPath,
      [fileURLToPath(import.meta.url), "--mutate", name, "--seeds", String(MUTATION_SEEDS)],
      { encoding: "utf8" },
    );
    const seed = /^seed (\d+): Violation: (.*)$/m.exec(child.stdout);
    if (child.status === 1 && seed !== null) passed++;
    print(
      `${name} (${what}): ${seed === null ? `not noticed within ${MUTATION_SEEDS} seeds\n${child.stdout}${child.stderr}` : `noticed at seed ${seed[1] ?? ""}: ${seed[2] ?? ""}`}`,
    );
  }
  const failed = Object.keys(MUTATIONS).length - passed;
  print(`${passed} passed, ${failed} failed`);
  return failed === 0;
}

try {
  const options = readOptions(process.argv.slice(2));
  const isFine = options.checksMutations ? checkMutations() : await run(options);
  process.exitCode = isFine ? 0 : 1;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
