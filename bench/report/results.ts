/** All that one run has measured. */
import { writeFile } from "node:fs/promises";
import type { MachineFacts } from "../measure/machine.ts";
import type { Options } from "../options.ts";
import { judge, type Figure } from "./figure.ts";

export interface Results {
  readonly measured: ReadonlyMap<string, Figure>;
  /** Reason by name of the section. */
  readonly skipped: Map<string, string>;
  readonly failed: Map<string, string>;
  readonly add: (figures: readonly Figure[]) => void;
  readonly toJson: () => string;
  readonly summary: () => string;
}

export function newResults(machine: MachineFacts, { quick, only }: Options): Results {
  const startedAt = new Date().toISOString();
  const measured = new Map<string, Figure>();
  const skipped = new Map<string, string>();
  const failed = new Map<string, string>();
  return {
    measured,
    skipped,
    failed,
    add: (figures) => {
      for (const figure of figures) measured.set(figure.id, figure);
    },
    toJson: () => {
      const figures = [...measured.values()].map((figure) => ({ ...figure, verdict: judge(figure) }));
      const notMeasured = { skipped: Object.fromEntries(skipped), failed: Object.fromEntries(failed) };
      return JSON.stringify({ startedAt, machine, options: { quick, only }, figures, ...notMeasured }, null, 2);
    },
    summary: () => {
      const verdicts = [...measured.values()].flatMap((figure) => judge(figure) ?? []);
      const reached = verdicts.filter((verdict) => verdict.reached).length;
      const missing = [...skipped.keys(), ...failed.keys()];
      const rest = missing.length === 0 ? "" : `; not measured: ${missing.join(", ")}`;
      return `${reached} of ${verdicts.length} targets reached${rest}${quick ? " (--quick: too short to compare)" : ""}`;
    },
  };
}

export async function writeResults(path: string, results: Results): Promise<void> {
  await writeFile(path, `${results.toJson()}\n`);
}
