/** How large the runs were. */
import type { Outcome } from "./outcome.ts";

const SUMMED = [
  ...(["jobs", "events", "frames", "steps", "epochs", "faults", "reruns"] as const),
  ...(["revised", "suspended", "retired", "revived"] as const),
] as const;

export class Tally {
  seeds = 0;
  readonly #sums = {
    jobs: 0,
    events: 0,
    frames: 0,
    steps: 0,
    epochs: 0,
    faults: 0,
    reruns: 0,
    revised: 0,
    suspended: 0,
    retired: 0,
    revived: 0,
    truncated: 0,
    large: 0,
  };
  readonly #byGroups = new Map<number, number>();

  add(outcome: Outcome): void {
    this.seeds++;
    const sums = this.#sums;
    for (const field of SUMMED) sums[field] += outcome[field];
    if (outcome.isTruncated) sums.truncated++;
    if (outcome.groups >= 4 && outcome.jobs >= 100) sums.large++;
    this.#byGroups.set(outcome.groups, (this.#byGroups.get(outcome.groups) ?? 0) + 1);
  }

  get lines(): string[] {
    const { jobs, events, frames, steps, epochs, faults, reruns, truncated, large } = this.#sums;
    const { revised, suspended, retired, revived } = this.#sums;
    const histogram = [...this.#byGroups].sort(([a], [b]) => a - b).map(([groups, count]) => `${groups}: ${count}`);
    return [
      `${this.seeds} seeds, ${jobs} jobs, ${events} journal events in ${frames} frames, ${steps} steps`,
      `${faults} faults of processes, ${epochs} epochs, ${reruns} failures and losses, ${truncated} truncated journals`,
      `with jobs in flight ${revised} changes of revision and ${suspended} suspensions; ${retired} jobs whose replicas were retired, ${revived} of them went on`,
      `${large} seeds (${this.seeds === 0 ? 0 : Math.round((100 * large) / this.seeds)}%) with 4 groups or more and 100 jobs or more; seeds by groups: ${histogram.join(", ")}`,
    ];
  }
}
