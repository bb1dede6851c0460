/** `troupe plan`: the timeline as the coordinator would make it, under a virtual clock. */
import { compileRevision, readPipeline, type Revision } from "@troupe/model";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { readText } from "../inputs/read-input.ts";
import { readNumber } from "../inputs/read-number.ts";
import { modulesOf } from "../pipeline-file/find-modules.ts";
import { isCode, loadPipeline } from "../pipeline-file/load.ts";
import { readOptions } from "../pipeline-file/load-yaml.ts";
import type { LoadedPipeline, LoadOptions } from "../pipeline-file/loaded.ts";
import { problemsText } from "../pipeline-file/problems-text.ts";
import { terminalState } from "../terminal-state.ts";
import { renderTerminal } from "../timeline/terminal.ts";
import type { Timeline, TimelineSpan } from "../timeline/timeline.ts";
import { isJson, readLoadFlags, type RunFlags } from "./run-options.ts";

export interface PlanFlags extends Partial<RunFlags> {
  readonly jobs: string;
  readonly durations?: string;
}

/** What of a plan is shown to people. */
interface ShownPlan {
  readonly spans: readonly TimelineSpan[];
  readonly advice: readonly { readonly text: string }[];
  readonly bottleneck: string | null;
}

type Described = Pick<LoadedPipeline, "manifest" | "groups" | "types" | "warnings">;

export async function plan(file: string, flags: PlanFlags): Promise<ExitCode> {
  const json = isJson(flags.output);
  const jobs = readNumber("--jobs", flags.jobs, { least: 1, whole: true });
  const { planPipeline } = await import("@troupe/coordinator");
  const durations = await readDurations(flags.durations);
  const revision = await revisionOf(file, flags);
  const planned = planPipeline(revision, { jobs, ...(durations === undefined ? {} : { durations }) });
  for (const warning of planned.warnings) process.stderr.write(`warning: ${warning}\n`);
  if (json) process.stdout.write(`${JSON.stringify(planned)}\n`);
  else say(planned, jobs);
  return EXIT.ok;
}

async function readDurations(file: string | undefined): Promise<Map<string, number> | undefined> {
  if (file === undefined) return undefined;
  const { durationsFromTimeline } = await import("@troupe/coordinator");
  return durationsFromTimeline(await readText(file, "--durations"), `--durations ${file}`);
}

async function revisionOf(file: string, flags: PlanFlags): Promise<Revision> {
  const options = await readLoadFlags(flags);
  const { manifest, groups, types, warnings } = (await withoutCode(file, options)) ?? (await withCode(file, options));
  for (const warning of warnings) process.stderr.write(`${warning.trimEnd()}\n`);
  return compileRevision(manifest, { namespace: "local", groups, types });
}

async function withCode(file: string, options: LoadOptions): Promise<Described> {
  const loaded = await loadPipeline(file, options);
  await loaded.cleanUp();
  return loaded;
}

/** Nothing runs, so a manifest can be planned where its modules are not at hand. Undefined: they are, or the file is no good. */
async function withoutCode(file: string, options: LoadOptions): Promise<Described | undefined> {
  if (isCode(file) || options.modules.length > 0) return undefined;
  const text = await readText(file, "");
  const read = readPipeline(text, readOptions(file, options));
  if (!read.ok) return undefined;
  const modules = await modulesOf(file, read.manifest, read.configMaps);
  await modules.cleanUp();
  if (modules.paths.length > 0) return undefined;
  const warnings = read.warnings.map((warning) => problemsText([warning], text, "warning"));
  return { manifest: read.manifest, groups: read.groups, types: [], warnings };
}

function say(planned: ShownPlan, jobs: number): void {
  process.stdout.write(renderTerminal(timelineOf(planned, jobs), terminalState(process.stdout, process.env)));
  const { advice, bottleneck } = planned;
  const nowhere = `One more replica of any one group would not help${bottleneck === null ? "" : `; the busiest group is ${bottleneck}`}.`;
  const lines = advice.length === 0 ? [nowhere] : advice.map(({ text }) => `${text}.`);
  process.stdout.write(`\n${lines.join("\n")}\n`);
}

/** A plan names jobs by their place, and knows their ends by their last spans. */
function timelineOf({ spans }: ShownPlan, jobs: number): Timeline {
  const ends = new Map<string, number>();
  for (const { job, endedAt } of spans) ends.set(job, Math.max(ends.get(job) ?? 0, endedAt));
  const all = Array.from({ length: jobs }, (_, index) => {
    return { id: String(index), index, state: "done" as const, submittedAt: 0, endedAt: ends.get(String(index)) ?? 0 };
  });
  return { jobs: all, spans };
}
