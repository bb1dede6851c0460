/** What users of the fuzzed Pipelines write. */
import type { GroupManifestSpec, GroupSpec, PipelineSpec } from "@troupe/model";
import type { Dice } from "../crds/dice.ts";

const IMAGE = { image: "example.test/modules:1" };
/** The ConfigMap of modules that some take instead. */
export const MODULES = "modules";

/** A Pipeline like others. `isWhole`: it names all numbers, so that nothing is left of who scaled its Groups before. */
export function pipelineSpec(dice: Dice, { isWhole }: { readonly isWhole: boolean }): PipelineSpec {
  const count = dice.whole(1, 3);
  const modules = Array.from({ length: count }, (_, index) => ({
    name: `m${index}`,
    type: "example",
    group: `g${index}`,
    ...(index === 0 ? {} : { dependsOn: [`m${index - 1}`] }),
  }));
  return {
    source: dice.chance(0.3) ? { configMap: MODULES } : IMAGE,
    modules,
    groups: modules.map(({ group }) => groupSpec(dice, group, isWhole)),
    ...dice.maybe(0.3, { sharedParameters: { n: dice.whole(1, 3) } }),
    ...dice.maybe(0.2, { suspend: true }),
  };
}

function groupSpec(dice: Dice, name: string, isWhole: boolean): GroupSpec {
  const concurrency = dice.whole(1, 2);
  if (dice.chance(0.25)) return { name, concurrency, autoscale: { maxReplicas: 3, idleSeconds: 1 } };
  if (!isWhole && dice.chance(0.3)) return { name, concurrency };
  return { name, concurrency, replicas: dice.whole(1, 2) };
}

/** A Group that a user declares for the first group of a Pipeline. */
export function declaredGroup(dice: Dice, pipeline: string): GroupManifestSpec {
  return { pipelineRef: { name: pipeline }, group: "g0", replicas: dice.whole(1, 2), concurrency: dice.whole(1, 3) };
}
