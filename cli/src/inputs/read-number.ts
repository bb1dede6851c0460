import { CommandError } from "../command-error.ts";

export interface NumberRule {
  readonly least: number;
  readonly whole: boolean;
}

/** The number that an option was given. @throws {CommandError} naming option and rule */
export function readNumber(option: string, given: string, { least, whole }: NumberRule): number {
  const value = given.trim() === "" ? Number.NaN : Number(given);
  if (Number.isFinite(value) && value >= least && (!whole || Number.isInteger(value))) return value;
  throw new CommandError(
    "Usage",
    `${option} ${given}: that is no ${whole ? "whole " : ""}number of at least ${least}`,
    {
      hint: `For example: ${option} ${Math.max(least, 3)}`,
    },
  );
}
