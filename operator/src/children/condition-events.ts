import type { Condition } from "@troupe/model";
import type { EventFact } from "../kube/index.ts";
import { listAt, textAt } from "./read.ts";

/** The state of each condition that is worth a warning. */
const BAD: Readonly<Record<string, string>> = { Accepted: "False", Ready: "False", Stalled: "True", Durable: "False" };
/** Not ready for a reason that nobody has to look at. */
const CALM: ReadonlySet<string> = new Set(["Starting", "ScaledToZero", "Suspended", "NotAccepted", "Reconciling"]);

/** What `kubectl describe` is to show of a change of conditions: a new reason is news, a new message is not. */
export function conditionEvents(observed: unknown, conditions: readonly Condition[]): EventFact[] {
  const before = listAt(observed, "status", "conditions");
  return conditions.flatMap((condition) => {
    const old = before.find(({ type }) => type === condition.type);
    const isSame = textAt(old, "reason") === condition.reason && textAt(old, "status") === condition.status;
    const type = isSame ? null : typeOf(condition);
    const { reason, message } = condition;
    return type === null
      ? []
      : [{ type, reason, note: message === "" ? `${condition.type} is ${condition.status}.` : message }];
  });
}

/** Null: nobody need hear of it. */
function typeOf({ type, status, reason }: Condition): EventFact["type"] | null {
  if (BAD[type] === status && !CALM.has(reason)) return "Warning";
  const isGood = type === "Ready" && status === "True";
  const isMove = type === "Progressing" && status === "True" && reason !== "Starting";
  return isGood || isMove ? "Normal" : null;
}
