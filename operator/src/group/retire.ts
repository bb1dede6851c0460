import { DEFAULT_CONTROL, type PipelineControl, type Projected } from "@troupe/protocol";
import type { GroupView } from "./group-view.ts";
import type { RolloutPlan } from "./rollout.ts";

export interface DrainState {
  /** Templates that have drained for longer than they may. */
  readonly expired: readonly string[];
  /** When the next one will have; null: none will. */
  readonly againAfterMs: number | null;
}

/** A template that is kept for pinned jobs is given up `drainTimeoutSeconds` after it was superseded; without that setting, never. */
export function expiredTemplates({ role, deployments, nowMs }: GroupView, { draining }: RolloutPlan): DrainState {
  const timeout = role.kind === "serving" ? role.settings.drainTimeoutSeconds : undefined;
  if (timeout === undefined) return { expired: [], againAfterMs: null };
  const left = draining.flatMap(({ hash, pinned }) => {
    const since = deployments.find(({ templateHash }) => templateHash === hash)?.supersededMs;
    return pinned === null || since === undefined || since === null
      ? []
      : [{ hash, ms: since + timeout * 1000 - nowMs }];
  });
  const running = left.filter(({ ms }) => ms > 0);
  return {
    expired: left.filter(({ ms }) => ms <= 0).map(({ hash }) => hash),
    againAfterMs: running.length === 0 ? null : Math.min(...running.map(({ ms }) => ms)),
  };
}

/**
 * What is said of the pipeline once these templates are retired too; everything else is as it was seen.
 * @returns null when it says so already, or nobody hands out jobs of the pipeline.
 */
export function controlRetiring({ current, control }: Projected, hashes: readonly string[]): PipelineControl | null {
  if (current.value === null) return null;
  const before = control.value ?? DEFAULT_CONTROL;
  const retired = [...new Set([...before.retired, ...hashes])];
  return retired.length > before.retired.length ? { ...before, retired } : null;
}
