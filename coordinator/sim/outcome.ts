/** What a run came to. */
import { isRetired } from "./known-job.ts";
import type { Ledger } from "./ledger.ts";

export interface Outcome {
  readonly groups: number;
  readonly jobs: number;
  readonly events: number;
  readonly steps: number;
  readonly frames: number;
  readonly epochs: number;
  readonly faults: number;
  readonly reruns: number;
  readonly snapshots: number;
  /** Of the guidance, with jobs in flight. */
  readonly revised: number;
  readonly suspended: number;
  /** Jobs that failed because their replicas were retired, and those that ended in another way after that. */
  readonly retired: number;
  readonly revived: number;
  readonly virtualMs: number;
  readonly isTruncated: boolean;
}

export function retiredIn({ jobs }: Ledger): Pick<Outcome, "retired" | "revived"> {
  const retired = [...jobs.values()].filter(({ lives }) => lives.some(isRetired));
  return { retired: retired.length, revived: retired.filter(({ life }) => !isRetired(life)).length };
}
