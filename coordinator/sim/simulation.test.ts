import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import test from "ava";
import { MUTATIONS } from "./mutations.ts";
import { simulate } from "./simulation.ts";
import { Tally } from "./tally.ts";

const SEEDS = 60;

test("the engine keeps its invariants under 60 seeds", (t) => {
  const tally = new Tally();
  for (let seed = 1; seed <= SEEDS; seed++) {
    t.notThrows(() => {
      tally.add(simulate({ seed }));
    }, `replay: node coordinator/sim/main.ts --seed ${seed} --trace`);
  }
  t.is(tally.seeds, SEEDS);
  for (const line of tally.lines) t.log(line);
});

test("a seed gives the same run every time", (t) => {
  t.deepEqual(simulate({ seed: 7 }), simulate({ seed: 7 }));
});

for (const name of Object.keys(MUTATIONS)) {
  test(`it is noticed when a rule is missing: ${name}`, (t) => {
    const main = fileURLToPath(new URL("./main.ts", import.meta.url));
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, "--mutate", name, "--seeds", "1000"], {
      encoding: "utf8",
    });
    t.is(status, 1, stdout + stderr);
    t.regex(stdout, /^seed \d+: Violation: /m);
  });
}
