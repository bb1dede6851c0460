import type { LogLine } from "@troupe/sdk";
import { printLogLine } from "./log-line.ts";

/** Writes what modules print and log, and what goes wrong, to standard error. */
export function logToStderr(line: LogLine): void {
  if (isForPeople(line)) process.stderr.write(`${printLogLine(line)}\n`);
}

/** What the user's own code says from `info` on; what everything else says from `warn` on. */
export function isForPeople({ level, fields }: LogLine): boolean {
  if (level === "info") return "module" in fields;
  return level !== "debug";
}
