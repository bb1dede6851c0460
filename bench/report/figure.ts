/** One measured number, and what it is held against. */

export interface Target {
  readonly kind: "at least" | "at most";
  readonly value: number;
}

export interface Figure {
  /** Stable, for those who compare runs: `chain.empty.jobsPerSecond`. */
  readonly id: string;
  readonly text: string;
  readonly unit: string;
  /** The median of the repetitions, or the only measurement. */
  readonly value: number;
  /** The best repetition, when there were several. */
  readonly best?: number | undefined;
  readonly target?: Target | undefined;
  /** What else belongs to it, in a few words. */
  readonly note?: string | undefined;
}

export interface Verdict {
  readonly reached: boolean;
  /** How many times the target was reached: 1 is just enough, whichever way the target points. */
  readonly ratio: number;
}

/** Null: there is nothing to reach. */
export function judge({ value, target }: Figure): Verdict | null {
  if (target === undefined) return null;
  const ratio = target.kind === "at least" ? value / target.value : target.value / value;
  return { reached: ratio >= 1, ratio };
}

export function atLeast(value: number): Target {
  return { kind: "at least", value };
}

export function atMost(value: number): Target {
  return { kind: "at most", value };
}
