/** All ways to spoil a manifest of either kind. */
import { validateGroup, validateManifest, type Problem } from "@troupe/model";
import { Dice } from "./dice.ts";
import { goodGroup, goodPipeline } from "./good-specs.ts";
import { GROUP_MUTATIONS } from "./group-mutations.ts";
import { isLoose, type Loose } from "./loose.ts";
import type { Mutation } from "./mutation.ts";
import { PIPELINE_MUTATIONS } from "./pipeline-mutations.ts";

/** A mutation, whatever the kind that it spoils. */
export interface Spoiler extends Omit<Mutation<never>, "spoil"> {
  /** A manifest that was good but for this; null: that of the seed cannot be spoilt in this way. */
  readonly spoilt: (seed: number) => Loose | null;
}

export const SPOILERS: readonly Spoiler[] = [
  ...PIPELINE_MUTATIONS.map((mutation) => spoilerOf(mutation, goodPipeline)),
  ...GROUP_MUTATIONS.map((mutation) => spoilerOf(mutation, goodGroup)),
];

/** So many manifests that were spoilt in one way, with their seeds. */
export function* spoiltBy(
  { rule, spoilt }: Spoiler,
  { from, count }: { readonly from: number; readonly count: number },
): Generator<{ readonly seed: number; readonly manifest: Loose }> {
  let found = 0;
  for (let seed = from; found < count; seed += 1) {
    if (seed > from + 100 * count) throw new Error(`nothing could be spoilt by ${rule}`);
    const manifest = spoilt(seed);
    if (manifest === null) continue;
    found += 1;
    yield { seed, manifest };
  }
}

export function validate(manifest: Loose): Problem[] {
  return manifest["kind"] === "Group" ? validateGroup(sent(manifest)) : validateManifest(sent(manifest));
}

/** What kubectl sends is what JSON can carry. */
export function sent(manifest: Loose): Loose {
  const value: unknown = JSON.parse(JSON.stringify(manifest));
  return isLoose(value) ? value : {};
}

function spoilerOf<Manifest extends Loose>(
  { rule, code, seenBy, spoil }: Mutation<Manifest>,
  good: (dice: Dice, name: string) => Manifest,
): Spoiler {
  return {
    rule,
    code,
    seenBy,
    spoilt: (seed) => {
      const dice = new Dice(seed);
      const manifest = good(dice, "spoilt");
      return spoil(manifest, dice) ? manifest : null;
    },
  };
}
