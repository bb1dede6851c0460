import type { Revision } from "@troupe/model";
import type { Failure } from "@troupe/protocol";
import type { RunningSlot } from "../../host/slots.ts";
import type { Execution } from "./execution.ts";

/** Which limit a running execution has passed, as the failure that it ends with; null while it is within all. */
export function overdue(execution: Execution, slot: RunningSlot, revision: Revision, nowMs: number): Failure | null {
  const { run, receivedAtMs } = execution;
  if (run.timeLeftMs !== null && nowMs - receivedAtMs > run.timeLeftMs) {
    return { code: "JobTimeout", message: "The job was not done within jobs.timeoutSeconds.", kind: "terminal" };
  }
  const module = slot.module === null ? undefined : revision.modules[slot.module];
  const moduleLimit = module?.timeoutMs ?? null;
  if (module !== undefined && moduleLimit !== null && nowMs - slot.moduleStartedAt > moduleLimit) {
    const message = `Module "${module.name}" ran longer than its timeout of ${seconds(moduleLimit)}.`;
    return { code: "ModuleTimeout", message, kind: "retryable" };
  }
  const group = module === undefined ? undefined : revision.groups[module.group];
  const blockLimit = group?.timeoutMs ?? null;
  if (group !== undefined && blockLimit !== null && nowMs - slot.blockStartedAt > blockLimit) {
    const message = `The block of group "${group.name}" ran longer than its timeout of ${seconds(blockLimit)}.`;
    return { code: "BlockTimeout", message, kind: "retryable" };
  }
  return null;
}

/** What a module that ignored its AbortSignal fails with. */
export function unresponsive(reason: string, graceMs: number): Failure {
  const message = `${reason} It ignored its AbortSignal for ${seconds(graceMs)}, and its host was ended.`;
  return { code: "HostUnresponsive", message, kind: "retryable" };
}

function seconds(milliseconds: number): string {
  return `${milliseconds / 1000} s`;
}
