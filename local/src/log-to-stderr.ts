import type { LogLine } from "@troupe/sdk";
import { printLogLine } from "./log-line.ts";

/** Writes what user code printed, and log lines from `warn` on, to standard error. */
export function logToStderr(line: LogLine): void {
  if (line.level === "debug" || line.level === "info") return;
  process.stderr.write(`${printLogLine(line)}\n`);
}
