import type { JobOutcome } from "@troupe/sdk";
import type { Timeline, TimelineJob } from "../timeline/timeline.ts";

interface Recorded {
  readonly id: string;
  readonly index: number;
  readonly submittedAt: number;
  readonly phase: "run" | "process";
  endedAt: number | null;
  outcome: JobOutcome | null;
}

/** Collects what a run's timeline is made of. Times are taken as Unix milliseconds and given as milliseconds since the start. */
export class Recorder {
  readonly #jobs = new Map<string, Recorded>();
  #startAt: number | undefined;

  submitted(id: string, index: number, nowMs: number, phase: Recorded["phase"] = "run"): void {
    this.#startAt ??= nowMs;
    this.#jobs.set(id, { id, index, submittedAt: nowMs, phase, endedAt: null, outcome: null });
  }

  ended(outcome: JobOutcome, nowMs: number): void {
    const job = this.#jobs.get(outcome.id);
    if (job === undefined) return;
    job.outcome = outcome;
    job.endedAt = nowMs;
  }

  timeline(): Timeline {
    const startAt = this.#startAt ?? 0;
    const since = (ms: number): number => Math.max(0, Math.round((ms - startAt) * 1000) / 1000);
    const recorded = [...this.#jobs.values()].toSorted((a, b) => a.index - b.index);
    const jobs = recorded.map(({ id, index, phase, submittedAt, endedAt, outcome }): TimelineJob => {
      const times = { submittedAt: since(submittedAt), endedAt: endedAt === null ? null : since(endedAt) };
      return { id, index, state: outcome?.state ?? "running", ...(phase === "process" ? { phase } : {}), ...times };
    });
    const spans = recorded.flatMap(({ id, outcome }) =>
      (outcome?.spans ?? []).map(({ module, group, replica, attempt, readyAt, startedAt, endedAt }) => {
        return {
          job: id,
          module,
          group,
          replica,
          attempt,
          readyAt: since(readyAt),
          startedAt: since(startedAt),
          endedAt: since(endedAt),
        };
      }),
    );
    return { jobs, spans: spans.toSorted((a, b) => a.startedAt - b.startedAt) };
  }
}
