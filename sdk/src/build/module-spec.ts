import { ONLY_GROUP, type ModuleSpec } from "@troupe/model";
import type { ModuleOptions } from "./options.ts";

/** A module as a manifest has it; what was not said stays out. */
export function moduleSpecOf(name: string, type: string, options: ModuleOptions<string, boolean | string>): ModuleSpec {
  const { group = ONLY_GROUP, dependsOn, ...rest } = options;
  const parents = typeof dependsOn === "string" ? [dependsOn] : dependsOn;
  return {
    name,
    type,
    group,
    ...(parents === undefined || parents.length === 0 ? {} : { dependsOn: parents }),
    ...rest,
  };
}
