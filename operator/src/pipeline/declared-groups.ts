/** Which Group resources have a say in a Pipeline: those that it made, and those that users declared, the first for each group. */
import { isPlainObject } from "@troupe/model";
import { listAt, momentAt, textAt } from "../children/read.ts";
import type { GroupObject } from "../resources.ts";

export interface GroupsOfPipeline {
  /** Made by the Pipeline and owned by it, by name of the group. */
  readonly generated: ReadonlyMap<string, GroupObject>;
  /** Declared by a user, by name of the group. Never owned. */
  readonly declared: ReadonlyMap<string, GroupObject>;
  /** Declared for a group that has a declared one already, with the one that was first. */
  readonly duplicates: ReadonlyMap<GroupObject, GroupObject>;
}

/** @param groups all of the namespace that refer to the pipeline */
export function groupsOfPipeline(pipeline: string, groups: readonly GroupObject[]): GroupsOfPipeline {
  const generated = new Map<string, GroupObject>();
  const declared = new Map<string, GroupObject>();
  const duplicates = new Map<GroupObject, GroupObject>();
  for (const group of [...groups].sort(byAge)) {
    const name = group.spec.group;
    if (name === undefined || group.spec.pipelineRef?.name !== pipeline) continue;
    const into = isGenerated(group) ? generated : declared;
    const first = into.get(name);
    if (first === undefined) into.set(name, group);
    else if (into === declared) duplicates.set(group, first);
  }
  return { generated, declared, duplicates };
}

/** Whether the Group was made by a Pipeline. */
export function isGenerated(group: GroupObject): boolean {
  return listAt(group, "metadata", "ownerReferences").some(
    (owner) => isPlainObject(owner) && owner["kind"] === "Pipeline" && owner["controller"] === true,
  );
}

function byAge(a: GroupObject, b: GroupObject): number {
  const age = (group: GroupObject): number => momentAt(group, "metadata", "creationTimestamp") ?? 0;
  return age(a) - age(b) || (textAt(a, "metadata", "name") < textAt(b, "metadata", "name") ? -1 : 1);
}
