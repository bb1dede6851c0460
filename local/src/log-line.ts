/** What the processes of the system say, line by line. */
import type { LogLevel, LogLine } from "@troupe/sdk";

const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** Troupe's own processes write one JSON object a line; whatever else stands there was printed. */
export function parseLogLine(source: string, text: string): LogLine {
  const parsed = text.startsWith("{") ? parseObject(text) : undefined;
  const level = LEVELS.find((known) => known === parsed?.["level"]);
  const message = parsed?.["message"];
  if (parsed === undefined || level === undefined || typeof message !== "string")
    return { source, level: null, message: text, fields: {} };
  const { level: _level, message: _message, ...fields } = parsed;
  return { source, level, message, fields };
}

/** nats-server writes `[pid] date time [LVL] text`. */
export function parseNatsLine(text: string): LogLine {
  const [, tag = "INF", message = text] = /\[(INF|WRN|ERR|FTL|DBG|TRC)\] (.*)$/.exec(text) ?? [];
  const level = tag === "WRN" ? "warn" : tag === "ERR" || tag === "FTL" ? "error" : "debug";
  return { source: "nats", level, message, fields: {} };
}

/** `[g2-0] text`, for people. */
export function printLogLine({ source, level, message, fields }: LogLine): string {
  if (level === null) return `[${source}] ${message}`;
  const { stack, ...known } = Object.fromEntries(Object.entries(fields).filter(([name]) => !SAID_ALREADY.has(name)));
  const rest = Object.entries(known).map(
    ([name, value]) => ` ${name}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  const trace = typeof stack === "string" ? `\n${stack}` : "";
  return `[${source}] ${level === "info" ? "" : `${level}: `}${message}${rest.join("")}${trace}`;
}

/** Fields that stand in every line of a source. */
const SAID_ALREADY: ReadonlySet<string> = new Set(["timestamp", "component", "coordinator", "group", "replica"]);

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
