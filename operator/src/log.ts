import { createLogger, format, transports } from "winston";

/** Structured log: constant messages, variables as fields. */
export interface Log {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** JSON lines on standard output. */
export function newLog(level: string): Log {
  return createLogger({
    level,
    defaultMeta: { component: "operator" },
    format: format.combine(format.timestamp(), format.json()),
    transports: [new transports.Console()],
  });
}
