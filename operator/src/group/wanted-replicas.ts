import type { AutoscaleSpec, GroupSettings } from "@troupe/model";
import { autoscale, type NeedSample } from "./autoscale.ts";
import type { GroupView } from "./group-view.ts";

/** What the operator remembers of an autoscaled group from one visit to the next. Lost with the process, which only delays giving up replicas. */
export interface AutoscaleMemory {
  readonly samples: readonly NeedSample[];
  readonly watchedSinceMs: number;
}

export interface WantedReplicas {
  readonly count: number;
  /** Whoever scales the group asked for more than an aggregate allows. */
  readonly isHeldAtOne: boolean;
  readonly memory: AutoscaleMemory | null;
  readonly againAfterMs: number | null;
}

/** Absent and never scaled means one. */
export function wantedReplicas(view: GroupView, memory: AutoscaleMemory | null): WantedReplicas {
  const { role } = view;
  if (role.kind === "idle" || role.current === null) return NONE;
  const { settings, hasAggregate } = role;
  const { count: asked, ...rest } =
    settings.autoscale === undefined ? fixed(settings) : scaled(view, settings.autoscale, memory);
  return { ...rest, count: hasAggregate ? Math.min(1, asked) : asked, isHeldAtOne: hasAggregate && asked > 1 };
}

type Asked = Omit<WantedReplicas, "isHeldAtOne">;

const NONE: WantedReplicas = { count: 0, isHeldAtOne: false, memory: null, againAfterMs: null };

function fixed({ replicas = 1 }: GroupSettings): Asked {
  return { count: replicas, memory: null, againAfterMs: null };
}

function scaled(view: GroupView, spec: AutoscaleSpec, memory: AutoscaleMemory | null): Asked {
  const { samples, watchedSinceMs } = memory ?? { samples: [], watchedSinceMs: view.nowMs };
  const answer = autoscale({
    autoscale: spec,
    concurrency: concurrencyOf(view),
    replicas: view.group.status?.desiredReplicas ?? spec.minReplicas ?? 0,
    demand: view.load.load,
    samples,
    watchedSinceMs,
    nowMs: view.nowMs,
  });
  return {
    count: answer.replicas,
    memory: { samples: answer.samples, watchedSinceMs },
    againAfterMs: answer.againAfterMs,
  };
}

function concurrencyOf({ role }: GroupView): number {
  return role.kind === "serving" ? (role.settings.concurrency ?? 1) : 1;
}
