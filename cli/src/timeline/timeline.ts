/** What ran where and when, as `--timeline T.json` writes it. All times are milliseconds since the start of the run. */
export interface Timeline {
  readonly jobs: readonly TimelineJob[];
  readonly spans: readonly TimelineSpan[];
}

export type JobState = "done" | "failed" | "cancelled" | "running";

export interface TimelineJob {
  readonly id: string;
  /** Place of its input, from 0. People are shown it from 1. */
  readonly index: number;
  readonly state: JobState;
  /** `process`: no job, but the aggregates' run over what the jobs brought. Default `run`. */
  readonly phase?: "run" | "process";
  readonly submittedAt: number;
  /** Null: it had not ended when the timeline was taken. */
  readonly endedAt: number | null;
}

/** One run of one module for one job. */
export interface TimelineSpan {
  /** Id of the job. */
  readonly job: string;
  readonly module: string;
  readonly group: string;
  readonly replica: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** When all that it depends on was there. */
  readonly readyAt: number;
  readonly startedAt: number;
  readonly endedAt: number;
}

/** How a job is called in pictures: by its number, counted from 1. */
export function nameOfJob({ index, phase }: TimelineJob): string {
  return phase === "process" ? "process" : String(index + 1);
}
