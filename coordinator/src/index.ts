import { fileURLToPath } from "node:url";
import { existsSync } from "node:fs";

export { planPipeline, type Plan, type PlannedSpan, type PlanOptions } from "./plan/plan.ts";
export type { Advice } from "./plan/advice.ts";
export type { Durations } from "./plan/durations.ts";
export type { GroupLoad } from "./plan/load.ts";
export { PlanError, type PlanErrorCode } from "./plan/plan-error.ts";
export { durationsFromTimeline } from "./plan/timeline-durations.ts";

/** The file to start a coordinator with: the bundle beside the running one, or the source. */
export function coordinatorEntry(): URL {
  const bundled = new URL("./coordinator.js", import.meta.url);
  return existsSync(fileURLToPath(bundled)) ? bundled : new URL("./main.ts", import.meta.url);
}
