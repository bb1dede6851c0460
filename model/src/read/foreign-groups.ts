import { groupPaths } from "../group-paths.ts";
import type { GroupManifest } from "../manifest.ts";
import { nearest } from "../nearest.ts";
import type { Finding } from "../problem.ts";

/** A Group beside a Pipeline that refers to another one is no fault, but likely not what was meant. */
export function foreignGroups(groups: readonly GroupManifest[], pipeline: string): Finding[] {
  const paths = groupPaths(groups);
  return groups.flatMap(({ metadata, spec }, index) => {
    const name = spec.pipelineRef?.name;
    if (name === undefined || name === pipeline) return [];
    const meant = nearest(name, [pipeline]) === null ? "" : ` Did you mean "${pipeline}"?`;
    return [
      {
        code: "IgnoredDocument",
        message: `The Group "${metadata.name}" belongs to the pipeline "${name}", which is not in this file.`,
        hint: `It has no effect on "${pipeline}".${meant}`,
        path: `${paths[index] ?? ""}.spec.pipelineRef.name`,
      },
    ];
  });
}
