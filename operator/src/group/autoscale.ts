/**
 * How many replicas an autoscaled group is to have, from the load in its own queue. More at once; fewer only when fewer were enough for
 * `idleSeconds` without a gap: what is not known counts as need for what is there.
 */
import type { AutoscaleSpec } from "@troupe/model";

const DEFAULT_TARGET_QUEUED = 1;
const DEFAULT_IDLE_SECONDS = 300;

/** What the group has to do; `null`: not known. */
export interface Demand {
  readonly queued: number;
  readonly running: number;
}

/** What was needed at a moment. Kept by who asks, from one question to the next. */
export interface NeedSample {
  readonly atMs: number;
  readonly need: number;
}

export interface AutoscaleAnswer {
  readonly replicas: number;
  readonly samples: readonly NeedSample[];
  /** When to ask again although nothing has changed; null: not at all. */
  readonly againAfterMs: number | null;
}

export interface AutoscaleQuestion {
  readonly autoscale: AutoscaleSpec;
  /** Blocks that one replica works on at a time. */
  readonly concurrency: number;
  /** What the group is to have now. */
  readonly replicas: number;
  readonly demand: Demand | null;
  readonly samples: readonly NeedSample[];
  /** Since when samples have been kept without a gap. */
  readonly watchedSinceMs: number;
  readonly nowMs: number;
}

export function autoscale(question: AutoscaleQuestion): AutoscaleAnswer {
  const { replicas, nowMs, demand, watchedSinceMs } = question;
  const bounds = boundsOf(question.autoscale);
  const idleMs = (question.autoscale.idleSeconds ?? DEFAULT_IDLE_SECONDS) * 1000;
  const need = demand === null ? replicas : needOf(demand, question);
  const samples = [...heldUntil(question.samples, nowMs), { atMs: nowMs, need }].filter(
    (sample, index, all) => index === all.length - 1 || isReason(sample, { nowMs, idleMs, need }),
  );
  const highest = Math.max(...samples.map((sample) => sample.need));
  const isWatchedLongEnough = nowMs - watchedSinceMs >= idleMs;
  const enough = isWatchedLongEnough ? highest : Math.max(highest, replicas);
  const wanted = Math.min(bounds.most, Math.max(bounds.least, enough));
  return { replicas: wanted, samples, againAfterMs: againAfter(question, { samples, need, idleMs, wanted }) };
}

/** What was needed last was needed until now. */
function heldUntil(samples: readonly NeedSample[], nowMs: number): NeedSample[] {
  return samples.map((sample, index) => (index === samples.length - 1 ? { ...sample, atMs: nowMs } : sample));
}

/** Whether a sample is young enough to count, and says more than the newest does. */
function isReason(sample: NeedSample, now: { nowMs: number; idleMs: number; need: number }): boolean {
  return now.nowMs - sample.atMs < now.idleMs && sample.need > now.need;
}

function needOf({ queued, running }: Demand, { autoscale: spec, concurrency }: AutoscaleQuestion): number {
  return Math.ceil(running / concurrency) + Math.ceil(queued / (spec.targetQueued ?? DEFAULT_TARGET_QUEUED));
}

function boundsOf({ minReplicas = 0, maxReplicas }: AutoscaleSpec): { least: number; most: number } {
  return { least: Math.min(minReplicas, maxReplicas), most: maxReplicas };
}

/** The moment at which the oldest reason for more than is needed goes. */
function againAfter(
  { nowMs, watchedSinceMs, autoscale: spec }: AutoscaleQuestion,
  { samples, need, idleMs, wanted }: { samples: readonly NeedSample[]; need: number; idleMs: number; wanted: number },
): number | null {
  if (wanted <= Math.max(need, boundsOf(spec).least)) return null;
  const oldest = samples[0]?.atMs ?? nowMs;
  return Math.max(1_000, Math.max(oldest, watchedSinceMs) + idleMs - nowMs);
}
