import type { Revision } from "@troupe/model";
import { PlanError } from "./plan-error.ts";

/** Far more than a pipeline has; each costs memory. */
const MAX_REPLICAS = 10_000;

/** By index of the group. @throws {PlanError} `InvalidReplicas` */
export function replicaCounts({ groups }: Revision, wanted: Readonly<Record<string, number>> = {}): number[] {
  const names = groups.map(({ name }) => name);
  for (const [name, count] of Object.entries(wanted)) {
    if (!names.includes(name)) throw invalid(`there is no group ${name}`, `The pipeline has ${names.join(", ")}.`);
    if (!Number.isInteger(count) || count < 1 || count > MAX_REPLICAS) {
      throw invalid(`group ${name} cannot have ${count} replicas`, `Give a whole number from 1 to ${MAX_REPLICAS}.`);
    }
  }
  return groups.map(({ name, replicas }) => {
    const count = wanted[name] ?? replicas ?? 1;
    if (count === 0)
      throw invalid(`group ${name} has no replicas: no job would ever end`, "Give it at least one to plan with.");
    return count;
  });
}

function invalid(message: string, hint: string): PlanError {
  return new PlanError("InvalidReplicas", message, hint);
}
