import type { Revision } from "@troupe/model";
import type { Failure } from "@troupe/protocol";
import type { RunningSlot } from "../../host/slots.ts";
import type { Execution } from "./execution.ts";

/** Which limit a running execution has passed, as the failure that it ends with; null while it is within all. */
export function overdue(execution: Execution, slot: RunningSlot, revision: Revision, nowMs: number): Failure | null {
  return overdueJob(execution, nowMs) ?? overdueModule(slot, revision, nowMs) ?? overdueBlock(slot, revision, nowMs);
}

function overdueJob({ run, receivedAtMs }: Execution, nowMs: number): Failure | null {
  if (run.timeLeftMs === null || nowMs - receivedAtMs <= run.timeLeftMs) return null;
  return { code: "JobTimeout", message: "The job was not done within jobs.timeoutSeconds.", kind: "terminal" };
}

function overdueModule(slot: RunningSlot, revision: Revision, nowMs: number): Failure | null {
  const module = slot.module === null ? undefined : revision.modules[slot.module];
  if (module === undefined || module.timeoutMs === null || nowMs - slot.moduleStartedAt <= module.timeoutMs)
    return null;
  const message = `Module "${module.name}" ran longer than its timeout of ${seconds(module.timeoutMs)}.`;
  return { code: "ModuleTimeout", message, kind: "retryable" };
}

/** Between two modules nothing is overdue; the next one is looked at soon enough. */
function overdueBlock(slot: RunningSlot, revision: Revision, nowMs: number): Failure | null {
  const group = slot.module === null ? undefined : revision.groups[revision.modules[slot.module]?.group ?? -1];
  if (group === undefined || group.timeoutMs === null || nowMs - slot.blockStartedAt <= group.timeoutMs) return null;
  const message = `The block of group "${group.name}" ran longer than its timeout of ${seconds(group.timeoutMs)}.`;
  return { code: "BlockTimeout", message, kind: "retryable" };
}

/** What a module that ignored its AbortSignal fails with. */
export function unresponsive(reason: string, graceMs: number): Failure {
  const message = `${reason} It ignored its AbortSignal for ${seconds(graceMs)}, and its host was ended.`;
  return { code: "HostUnresponsive", message, kind: "retryable" };
}

function seconds(milliseconds: number): string {
  return `${milliseconds / 1000} s`;
}
