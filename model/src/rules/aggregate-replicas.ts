import type { Finding } from "../problem.ts";
import { partOf, type Draft, type Setting, type SettledGroup } from "./draft.ts";

/** AggregateNotReplicable: what an aggregate has collected must meet in one process. */
export function checkAggregateReplicas(draft: Draft): Finding[] {
  return [...draft.groups.values()].flatMap((group) => {
    const aggregate = group.modules.map((index) => draft.modules[index]).find((module) => module?.aggregate === true);
    if (aggregate === undefined) return [];
    return replicaSettings(group).map(({ value, path }) => ({
      code: "AggregateNotReplicable" as const,
      message: `The group "${group.name}" has the aggregate "${aggregate.name}", but up to ${String(value)} replicas.`,
      hint: "Leave it at one replica. To replicate the other modules, move them into a group of their own.",
      path,
    }));
  });
}

function replicaSettings(group: SettledGroup): Setting[] {
  const settings = [group.setting("replicas"), partOf(group.setting("autoscale"), "maxReplicas")];
  return settings.filter(
    (setting): setting is Setting => setting !== null && typeof setting.value === "number" && setting.value > 1,
  );
}
