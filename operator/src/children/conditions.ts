import type { Condition, ConditionReason, ConditionStatus, ConditionType } from "@troupe/model";
import { listAt, textAt } from "./read.ts";

/** A condition without what follows from the one before. */
export type Verdict = { [T in ConditionType]: VerdictOf<T> }[ConditionType];

interface VerdictOf<Type extends ConditionType> {
  readonly type: Type;
  readonly status: ConditionStatus;
  readonly reason: ConditionReason<Type>;
  readonly message: string;
}

/** Kubernetes takes no more. */
const MESSAGE_LIMIT = 32_768;

/** The conditions to be written: a moment of transition stays as long as the status does. */
export function conditionsOf(
  verdicts: readonly Verdict[],
  { observed, generation, nowMs }: { readonly observed: unknown; readonly generation: number; readonly nowMs: number },
): Condition[] {
  const before = listAt(observed, "status", "conditions");
  return verdicts.map((verdict) => {
    const same = before.find(({ type, status }) => type === verdict.type && status === verdict.status);
    const lastTransitionTime = textAt(same, "lastTransitionTime") || moment(nowMs);
    const message = verdict.message.slice(0, MESSAGE_LIMIT);
    return { ...verdict, message, observedGeneration: generation, lastTransitionTime };
  });
}

/** RFC 3339, in whole seconds. */
function moment(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
