/**
 * How many replicas each template of a group gets. Replicas move singly from the old templates to the current one, with at most one more than
 * wanted: a roll-out needs one spare GPU, and none when there is none.
 *
 * R1  Never more than `wanted + 1` replicas are asked for.
 * R2  Old replicas go only as new ones become ready, so as many as wanted stay ready; but for R3.
 * R3  When the surge pod cannot be scheduled for 30 s, an old replica goes first.
 * R4  An old template keeps one replica while jobs are pinned to it, or while nobody knows whether some are.
 * R5  At most two templates have replicas: a third one waits until one of the old has nothing pinned to it.
 */

/** How long a surge pod may be unschedulable before an old replica makes room for it (R3). */
export const SURGE_PATIENCE_MS = 30_000;

export interface TemplateState {
  readonly hash: string;
  /** As its Deployment has it. */
  readonly replicas: number;
  readonly ready: number;
  /** Jobs that need a replica of it; null: not known. */
  readonly pinned: number | null;
}

export interface RolloutState {
  /** The replicas that the group is to have. */
  readonly wanted: number;
  /** Hash of the template that new jobs get. */
  readonly current: string;
  /** Every Deployment of the group, the oldest first; `current` need not be among them. */
  readonly templates: readonly TemplateState[];
  /** Whether a pod of the current template could not be scheduled for {@link SURGE_PATIENCE_MS}. */
  readonly isSurgeStuck: boolean;
}

export interface RolloutPlan {
  /** Replicas by hash. A template that is not named has no Deployment, or loses it. */
  readonly replicas: ReadonlyMap<string, number>;
  /** Old templates that are kept for jobs pinned to them. */
  readonly draining: readonly TemplateState[];
  /** Whether replicas of the current template are still to come, or old ones to go. */
  readonly isRolling: boolean;
  /** Whether the current template has to wait for old ones to drain (R5). */
  readonly isBlocked: boolean;
}

const ABSENT = { replicas: 0, ready: 0, pinned: 0 };

export function planRollout({ wanted, current, templates, isSurgeStuck }: RolloutState): RolloutPlan {
  const now = templates.find(({ hash }) => hash === current) ?? { hash: current, ...ABSENT };
  const old = templates.filter(({ hash }) => hash !== current);
  const needed = old.filter(({ pinned }) => pinned !== 0);
  if (needed.length > 1 && now.replicas === 0) return blocked(needed);
  const surplus = Math.max(0, sum(old, "replicas") - stayAt(wanted, now, isSurgeStuck));
  const kept = takeAway(old, surplus);
  const oldReplicas = sum(kept, "replicas");
  const next = Math.max(0, Math.min(wanted, nextCurrent(wanted, now, oldReplicas)));
  const replicas = new Map<string, number>([[current, next]]);
  for (const { hash, replicas: count, pinned } of kept) if (count > 0 || pinned !== 0) replicas.set(hash, count);
  return {
    replicas,
    draining: needed,
    isRolling: old.some(({ replicas: count }) => count > 0) && (now.ready < wanted || oldReplicas > needed.length),
    isBlocked: false,
  };
}

/** R5: what is there stays until it has drained. */
function blocked(needed: readonly TemplateState[]): RolloutPlan {
  const replicas = new Map(needed.map((template) => [template.hash, Math.max(leastOf(template), template.replicas)]));
  return { replicas, draining: needed, isRolling: true, isBlocked: true };
}

/** R4. What has no replica is not given one on suspicion. */
function leastOf({ pinned, replicas }: TemplateState): number {
  return pinned === null ? Math.min(1, replicas) : Math.min(1, pinned);
}

/** How many old replicas stay: those that the current template does not stand in for yet (R2), one less when it needs their room (R3). */
function stayAt(wanted: number, now: TemplateState, isSurgeStuck: boolean): number {
  const uncovered = Math.max(0, wanted - now.ready);
  const waits = isSurgeStuck && now.ready < now.replicas;
  return waits ? Math.max(0, uncovered - 1) : uncovered;
}

/** Old templates lose replicas the oldest first, down to the one that pinned jobs need (R4). */
function takeAway(old: readonly TemplateState[], surplus: number): TemplateState[] {
  let left = surplus;
  return old.map((template) => {
    const count = Math.max(leastOf(template), template.replicas - left);
    left -= Math.max(0, template.replicas - count);
    return { ...template, replicas: count };
  });
}

/** R1, and one at a time as long as old ones are there to be replaced. */
function nextCurrent(wanted: number, now: TemplateState, oldReplicas: number): number {
  if (oldReplicas === 0) return wanted;
  const room = wanted + 1 - oldReplicas;
  return Math.min(room, Math.max(now.ready + 1, Math.min(now.replicas, room)));
}

function sum(templates: readonly TemplateState[], field: "replicas" | "ready"): number {
  return templates.reduce((total, template) => total + template[field], 0);
}
