/** The engine's core under random graphs and faults, at the size that a change has to pass; `make soak` runs ten times as many seeds. */
import test from "ava";
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";

const MAIN = resolve(import.meta.dirname, "../../coordinator/sim/main.ts");
const SOAK = process.env["TROUPE_SOAK"] === "1";
const SEEDS = Number(process.env["TROUPE_SEEDS"] ?? (SOAK ? 10_000 : 1_000));
/** The first seed: another one every time would find more, but what fails could not be told from what was changed. */
const FROM = Number(process.env["TROUPE_SEED"] ?? 1);

interface Result {
  readonly code: number | null;
  readonly output: string;
}

async function simulate(args: readonly string[]): Promise<Result> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<number | null>((done) => child.once("exit", done));
  const output = await text(child.stdout);
  return { code: await ended, output };
}

test(`${SEEDS} seeds keep every invariant`, async (t) => {
  t.timeout(SOAK ? 2 * 60 * 60_000 : 20 * 60_000);
  const lanes = Math.min(4, availableParallelism());
  const share = Math.ceil(SEEDS / lanes);
  const results = await Promise.all(
    Array.from({ length: lanes }, async (_, lane) =>
      simulate(["--from", String(FROM + lane * share), "--seeds", String(share)]),
    ),
  );
  for (const { output } of results) for (const line of output.trim().split("\n")) t.log(line);
  t.deepEqual(
    results.map(({ code }) => code),
    results.map(() => 0),
  );
  const passed = results.reduce(
    (sum, { output }) => sum + Number(/^(\d+) passed, 0 failed$/m.exec(output)?.[1] ?? 0),
    0,
  );
  t.true(passed >= SEEDS, `${passed} seeds passed`);

  // What passes has to have been hard: a change to how graphs and faults are drawn must not make it easy unseen.
  const sum = (pattern: RegExp): number =>
    results.reduce((total, { output }) => total + Number(pattern.exec(output)?.[1] ?? Number.NaN), 0);
  const large = sum(/^(\d+) seeds \(\d+%\) with 4 groups or more and 100 jobs or more/m);
  t.true(2 * large >= SEEDS, `${large} seeds with 4 groups or more and 100 jobs or more`);
  for (const hard of [
    /(\d+) faults of processes/,
    /(\d+) epochs/,
    /(\d+) failures and losses/,
    /(\d+) changes of revision/,
  ])
    t.true(sum(hard) >= SEEDS / 2, `${hard.source}: ${sum(hard)}`);
  if (SEEDS >= 1_000) t.true(sum(/(\d+) truncated journals/) > 0, "a journal was cut");
});
