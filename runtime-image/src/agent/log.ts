import { createLogger, format, transports } from "winston";

export type LogFields = Readonly<Record<string, unknown>>;

/** Where records go. `level` is one of error, warn, info, debug. */
export interface AgentLog {
  record(level: string, message: string, fields?: LogFields): void;
  /** Resolves when everything has been written. */
  close(): Promise<void>;
}

export interface LogOptions {
  /** error, warn, info or debug; default info. */
  readonly level: string | undefined;
  /** For people: one coloured line; else one JSON object a line. */
  readonly pretty: boolean;
  /** In every record. */
  readonly common: LogFields;
}

/** Writes to the standard output. */
export function createAgentLog({ level, pretty, common }: LogOptions): AgentLog {
  const logger = createLogger({
    level: level ?? "info",
    defaultMeta: common,
    format: pretty
      ? format.combine(format.colorize(), format.timestamp(), format.printf(line))
      : format.combine(format.timestamp(), format.json()),
    transports: [new transports.Console()],
  });
  return {
    record: (at, message, fields) => {
      logger.log({ ...fields, level: at, message });
    },
    close: async () =>
      new Promise((resolve) => {
        logger.once("finish", resolve);
        logger.end();
      }),
  };
}

function line(info: Readonly<Record<string, unknown>>): string {
  const { timestamp, level, message, group, replica, module, job, attempt, ...fields } = info;
  const where = [replica ?? group, module, job]
    .filter((part) => part !== undefined)
    .map(String)
    .join(" ");
  const again = typeof attempt === "number" && attempt > 1 ? ` (attempt ${attempt})` : "";
  const rest = Object.keys(fields).length === 0 ? "" : ` ${JSON.stringify(fields)}`;
  return `${String(timestamp)} ${String(level)} [${where}]${again} ${String(message)}${rest}`;
}
