/** `troupe plan`: the timeline as the coordinator would make it, under a virtual clock. */
import { compileRevision, type Revision } from "@troupe/model";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { readText } from "../inputs/read-input.ts";
import { readNumber } from "../inputs/read-number.ts";
import { loadPipeline } from "../pipeline-file/load.ts";
import { terminalState } from "../terminal-state.ts";
import { renderTerminal } from "../timeline/terminal.ts";
import type { Timeline } from "../timeline/timeline.ts";
import { durationText } from "../timeline/words.ts";
import { isJson, readLoadFlags, type RunFlags } from "./run-options.ts";

export interface PlanFlags extends Partial<RunFlags> {
  readonly jobs: string;
  readonly durations?: string;
}

type Coordinator = typeof import("@troupe/coordinator");
type Plan = ReturnType<Coordinator["planPipeline"]>;

export async function plan(file: string, flags: PlanFlags): Promise<ExitCode> {
  const json = isJson(flags.output);
  const jobs = readNumber("--jobs", flags.jobs, { least: 1, whole: true });
  const { planPipeline, durationsFromTimeline } = await import("@troupe/coordinator");
  const durations = flags.durations === undefined ? undefined : durationsFromTimeline(await readText(flags.durations, "--durations"));
  const revision = await revisionOf(file, flags);
  const planned = planPipeline(revision, { jobs, ...(durations === undefined ? {} : { durations }) });
  if (json) process.stdout.write(`${JSON.stringify(planned)}\n`);
  else say(planned, jobs);
  return EXIT.ok;
}

async function revisionOf(file: string, flags: PlanFlags): Promise<Revision> {
  const { manifest, groups, types, cleanUp } = await loadPipeline(file, await readLoadFlags(flags));
  await cleanUp();
  return compileRevision(manifest, { namespace: "local", groups, types });
}

function say(planned: Plan, jobs: number): void {
  const { makespanSeconds, sequentialSeconds, advice, warnings } = planned;
  for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`);
  process.stdout.write(renderTerminal(timelineOf(planned, jobs), terminalState(process.stdout, process.env)));
  const texts = advice.map(({ text }) => `  ${text}`);
  const hint = texts.length === 0 ? "One more replica would help nowhere." : `One more replica would help here:\n${texts.join("\n")}`;
  process.stdout.write(`\nplanned: ${durationText(makespanSeconds * 1000)}; one after another: ${durationText(sequentialSeconds * 1000)}\n${hint}\n`);
}

/** A plan names jobs by their place, and knows their ends by their last spans. */
function timelineOf({ spans }: Plan, jobs: number): Timeline {
  const ends = new Map<string, number>();
  for (const { job, endedAt } of spans) ends.set(job, Math.max(ends.get(job) ?? 0, endedAt));
  const all = Array.from({ length: jobs }, (_, index) => {
    return { id: String(index), index, state: "done" as const, submittedAt: 0, endedAt: ends.get(String(index)) ?? 0 };
  });
  return { jobs: all, spans };
}
