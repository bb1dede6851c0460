/** What the terminal can do, from the environment: read here and nowhere else. */
export interface TerminalState {
  /** Of the stream, or 80. */
  readonly width: number;
  readonly color: boolean;
  readonly unicode: boolean;
  /** Lines may be drawn over. */
  readonly live: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

interface Stream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** `NO_COLOR` and `FORCE_COLOR` as everywhere; `CI` and pipes get plain lines. */
export function terminalState(stream: Stream, env: Environment): TerminalState {
  const isTerminal = stream.isTTY === true && env["TERM"] !== "dumb";
  const isForced = (env["FORCE_COLOR"] ?? "") !== "" && env["FORCE_COLOR"] !== "0";
  return {
    width: widthOf(stream, env),
    color: (env["NO_COLOR"] ?? "") === "" && (isTerminal || isForced),
    unicode: isUnicode(env),
    live: isTerminal && (env["CI"] ?? "") === "",
  };
}

function widthOf({ columns }: Stream, env: Environment): number {
  const told = Number(env["COLUMNS"]);
  if (columns !== undefined && columns > 0) return columns;
  return Number.isInteger(told) && told > 0 ? told : 100;
}

/** Only a locale that says otherwise means ASCII: a container that sets none shows UTF-8 well. */
function isUnicode(env: Environment): boolean {
  const locale = env["LC_ALL"] ?? env["LC_CTYPE"] ?? env["LANG"] ?? "";
  return locale === "" || locale === "C" || locale === "POSIX" || /utf-?8/i.test(locale);
}
