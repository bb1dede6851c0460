/** Manifests as far as mutations need to know them: everything may be missing or wrong. */
import type { Dice } from "./dice.ts";

export type Loose = Record<string, unknown>;

export interface LoosePipeline extends Loose {
  metadata: Loose;
  spec: Loose & { modules?: Loose[] | undefined; groups?: Loose[] | undefined };
}

export interface LooseGroup extends Loose {
  metadata: Loose;
  spec: Loose;
}

/** Whether it is the spec of a Group that has no pipeline. */
export function isFree(spec: Loose): boolean {
  return spec["pipelineRef"] === undefined;
}

export function modulesOf({ spec }: LoosePipeline): Loose[] {
  return (spec.modules ??= []);
}

export function groupsOf({ spec }: LoosePipeline): Loose[] {
  return (spec.groups ??= []);
}

/** The settings of a group that has modules; listed when none is yet. */
export function groupOf(manifest: LoosePipeline, dice: Dice): Loose {
  const groups = groupsOf(manifest);
  if (groups.length === 0) groups.push({ name: modulesOf(manifest)[0]?.["group"] });
  return dice.pick(groups);
}

export function jobsOf({ spec }: LoosePipeline): Loose {
  const jobs: Loose = isLoose(spec["jobs"]) ? spec["jobs"] : {};
  spec["jobs"] = jobs;
  return jobs;
}

export function textsIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

export function isLoose(value: unknown): value is Loose {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
