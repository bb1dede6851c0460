/**
 * The validator and the API server, over a large set of good and bad specs: what the validator accepts the API server accepts;
 * what the API server refuses the validator refuses; what the validator alone refuses is listed, and becomes `Accepted=False`.
 */
import test from "ava";
import { fieldOf, type Answer } from "./api.ts";
import { Dice } from "./dice.ts";
import { goodGroup, goodPipeline } from "./good-specs.ts";
import { sharedApi } from "./shared-api.ts";
import { sent, SPOILERS, spoiltBy, validate } from "./spoilers.ts";
import { weirdManifest } from "./weird-manifest.ts";

/** The first seed: another one every time would find more, but what fails could not be told from what was changed. */
const FROM = Number(process.env["TROUPE_SEED"] ?? 1);
const SEEDS = Number(process.env["TROUPE_SEEDS"] ?? 1);
const GOOD = 200 * SEEDS;
const EACH = 8 * SEEDS;
const WEIRD = 600 * SEEDS;

const api = sharedApi();

test.serial("what nothing is wrong with, both accept, and it is stored as it was sent", async (t) => {
  for (const seed of seeds(GOOD)) {
    const dice = new Dice(seed);
    const manifest = seed % 3 === 0 ? goodGroup(dice, "good") : goodPipeline(dice, "good");
    t.deepEqual(validate(manifest), [], `seed ${seed}`);
    const answer = await api.ask(manifest);
    if (answer.accepted) t.deepEqual(fieldOf(answer.stored, "spec"), sent(manifest)["spec"], `seed ${seed}`);
    else t.fail(`seed ${seed}: ${answer.message}`);
  }
});

test.serial("every way to spoil a spec is found by whom the list says", async (t) => {
  const rows: string[] = [];
  for (const spoiler of SPOILERS) {
    const { rule, code, seenBy } = spoiler;
    for (const { seed, manifest } of spoiltBy(spoiler, { from: FROM, count: EACH })) {
      const [problems, answer] = [validate(manifest), await api.ask(manifest)];
      const shown = `${rule}, seed ${seed}: ${said(answer)}\n${JSON.stringify(problems, null, 1)}`;
      t.true(
        problems.some((problem) => problem.code === code),
        shown,
      );
      t.is(!answer.accepted, seenBy === "both", shown);
    }
    if (seenBy === "validator") rows.push(`Accepted=False, ${code}: ${rule}`);
  }
  for (const row of rows) t.log(row);
});

test.serial("whatever stands in a field, the validator accepts nothing that the API server refuses", async (t) => {
  const count = { both: 0, api: 0, validator: 0, neither: 0 };
  const refused: string[] = [];
  const onlyValidator = new Map<string, number>();
  for (const seed of seeds(WEIRD)) {
    const { manifest, changes } = weirdManifest(seed);
    const [problems, answer] = [validate(manifest), await api.ask(manifest)];
    const outcome = answer.accepted
      ? problems.length === 0
        ? "neither"
        : "validator"
      : problems.length === 0
        ? "api"
        : "both";
    count[outcome] += 1;
    if (outcome === "api") refused.push(`seed ${seed}, ${changes.join(", ")}: ${said(answer)}`);
    if (outcome === "validator")
      for (const { code } of problems) onlyValidator.set(code, (onlyValidator.get(code) ?? 0) + 1);
  }
  t.deepEqual(refused, [], "refused by the API server alone");
  t.log(`refused by both ${count.both}, by the validator alone ${count.validator}, by nobody ${count.neither}`);
  t.log(`codes of the validator alone: ${[...onlyValidator].map(([code, times]) => `${code} ${times}`).join(", ")}`);
  t.true(count.both > WEIRD / 4 && count.neither > WEIRD / 20, JSON.stringify(count));
});

function* seeds(count: number): Generator<number> {
  for (let seed = FROM; seed < FROM + count; seed += 1) yield seed;
}

function said(answer: Answer): string {
  return answer.accepted ? "accepted" : answer.message;
}
