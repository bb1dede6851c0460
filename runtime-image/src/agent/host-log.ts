import type { FromHost } from "../host/protocol.ts";
import type { Execution } from "./core/execution.ts";
import type { AgentLog, LogFields } from "./log.ts";

/** Writes what concerns people: the modules' own records, and what went wrong. */
export function logHostMessage(log: AgentLog, message: FromHost, execution: Execution | undefined): void {
  if (message.t === "log") {
    const { level, text, module, job, attempt, fields } = message;
    log.record(level, text, { ...parsed(fields), ...present({ module, job, attempt }) });
  } else if (message.t === "failed") {
    const { code, message: text, stack } = message.failure;
    const { job, attempt } = execution?.run ?? {};
    log.record("warn", text, present({ code, job, attempt, stack }));
  } else if (message.t === "unprepared") {
    log.record("error", message.failure.message, present({ revision: message.revision, stack: message.failure.stack }));
  }
}

function parsed(fields: string | undefined): LogFields {
  const value: unknown = fields === undefined ? {} : JSON.parse(fields);
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function present(fields: LogFields): LogFields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
