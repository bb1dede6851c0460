import { didYouMean } from "../nearest.ts";
import type { Finding } from "../problem.ts";
import type { Draft, DraftGroup } from "./draft.ts";

/** DuplicateGroup, EmptyGroup, UnknownGroup. */
export function checkGroupNames(draft: Draft): Finding[] {
  const used = new Set(draft.modules.flatMap(({ group }) => group ?? []));
  return [
    ...duplicates(draft.listedGroups, (first) => `is listed already, as ${first.path}`),
    ...duplicates(draft.groupResources, (first) => `is settled by ${first.path} already`),
    ...draft.listedGroups.filter(({ name }) => !used.has(name)).map((group) => emptyGroup(group, used)),
    ...draft.groupResources.filter(({ name }) => !used.has(name)).map((group) => unknownGroup(group, used)),
  ];
}

function duplicates(groups: readonly DraftGroup[], reason: (first: DraftGroup) => string): Finding[] {
  const first = new Map<string, DraftGroup>();
  return groups.flatMap((group) => {
    const earlier = first.get(group.name);
    if (earlier === undefined) {
      first.set(group.name, group);
      return [];
    }
    const message = `The group "${group.name}" ${reason(earlier)}.`;
    return [{ code: "DuplicateGroup" as const, message, hint: "Join the two into one.", path: group.namePath }];
  });
}

function emptyGroup({ name, namePath }: DraftGroup, used: ReadonlySet<string>): Finding {
  return {
    code: "EmptyGroup",
    message: `No module is in the group "${name}".`,
    hint: `${didYouMean(name, used)}Put a module into it, or remove it. Modules are in: ${[...used].join(", ")}.`,
    path: namePath,
  };
}

function unknownGroup({ name, namePath }: DraftGroup, used: ReadonlySet<string>): Finding {
  return {
    code: "UnknownGroup",
    message: `The pipeline has no group "${name}".`,
    hint: `${didYouMean(name, used)}Its groups are: ${[...used].join(", ")}.`,
    path: namePath,
  };
}
