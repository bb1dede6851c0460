/** What may be said on the command line. */
import { parseArgs } from "node:util";

export interface Options {
  /** Sections to run; empty: all. */
  readonly only: readonly string[];
  /** Fewer and shorter repetitions: to see that everything works, not to compare. */
  readonly quick: boolean;
  /** Print results.json instead of tables. */
  readonly json: boolean;
  /** Show where the time goes, instead of the figures. */
  readonly profile: boolean;
  readonly help: boolean;
}

export const USAGE = `make bench ARGS="[--only NAME]… [--quick] [--json] [--profile]"

  --only NAME  run this section alone; may be given several times, or with commas
  --quick      fewer and shorter repetitions: shows that everything works, not how fast it is
  --json       print the results as JSON; without it, tables (bench/results.json is written either way)
  --profile    show where the time goes instead: CPU microseconds a job and a process, and the functions that take them`;

/** @throws {TypeError} naming an unknown option */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: "string", multiple: true, default: [] },
      quick: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      profile: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  return { ...values, only: values.only.flatMap((names) => names.split(",")) };
}
