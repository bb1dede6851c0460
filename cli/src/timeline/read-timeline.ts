import { Fields } from "@troupe/protocol";
import type { JobState, Timeline, TimelineJob, TimelineSpan } from "./timeline.ts";

const STATES: readonly JobState[] = ["done", "failed", "cancelled", "running"];

/** Reads what `--timeline T.json` wrote. @throws {Error} saying which field is not as it should be */
export function readTimeline(raw: unknown): Timeline {
  const timeline = new Fields(raw, "timeline");
  return { jobs: timeline.array("jobs").map(readJob), spans: timeline.array("spans").map(readSpan) };
}

function readJob(raw: unknown, place: number): TimelineJob {
  const job = new Fields(raw, `jobs[${place}]`);
  const state = job.has("state") ? job.string("state") : "done";
  return {
    id: job.string("id"),
    index: job.has("index") ? job.number("index") : place,
    state: STATES.find((known) => known === state) ?? "done",
    ...(job.get("phase") === "process" ? { phase: "process" } : {}),
    submittedAt: job.has("submittedAt") ? job.number("submittedAt") : 0,
    endedAt: typeof job.get("endedAt") === "number" ? job.number("endedAt") : null,
  };
}

function readSpan(raw: unknown, place: number): TimelineSpan {
  const span = new Fields(raw, `spans[${place}]`);
  return {
    job: span.string("job"),
    module: span.string("module"),
    group: span.string("group"),
    replica: span.string("replica"),
    attempt: span.has("attempt") ? span.number("attempt") : 1,
    readyAt: span.number("readyAt"),
    startedAt: span.number("startedAt"),
    endedAt: span.number("endedAt"),
  };
}
