import { Dice } from "./dice.ts";
import { goodGroup, goodPipeline } from "./good-specs.ts";
import type { Loose } from "./loose.ts";
import { putWeirdValue } from "./weird-values.ts";

/** A good manifest with one or two values in it that nobody thought of. */
export function weirdManifest(seed: number): { readonly manifest: Loose; readonly changes: readonly string[] } {
  const dice = new Dice(seed);
  const manifest = seed % 3 === 0 ? goodGroup(dice, "weird") : goodPipeline(dice, "weird");
  const changes = Array.from({ length: dice.whole(1, 2) }, () => putWeirdValue(manifest, dice));
  return { manifest, changes };
}
