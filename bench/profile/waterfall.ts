/** Where the time of one job alone goes: every step of its way through the chain, stamped in all processes by one clock. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { emptyLoad } from "../measure/payloads.ts";
import { median, quantile } from "../measure/quantile.ts";
import { measureLatency } from "../measure/throughput.ts";
import type { Context } from "../sections/section.ts";
import { chain } from "../system/pipelines.ts";
import { startPipeline } from "../system/start.ts";
import type { Stamp } from "./stamps.ts";

const GROUPS = ["g1", "g2", "g3"];
const WARM_UP_JOBS = 1_000;

/** How the jobs follow each other. */
export interface Pace {
  readonly jobs: number;
  /** Between a result and the next job; the machine falls asleep meanwhile. */
  readonly pauseMs: number;
}
/** The stamps of the last jobs are written after it. */
const WRITTEN_MS = 1_500;

type Kind = "through NATS" | "append" | "coordinator" | "agent" | "between threads" | "host";

/** A stamp that belongs to the way of a job, and what the time since the one before it was spent on. */
interface Step {
  readonly who: string;
  readonly what: Stamp[1];
  readonly of: RegExp;
  readonly kind: Kind;
}

interface Event {
  readonly at: number;
  readonly who: string;
  readonly what: Stamp[1];
  readonly of: string;
}

export async function waterfall(context: Context, pace: Pace, print: (text: string) => void): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "troupe-stamps-"));
  const stamps = join(import.meta.dirname, "stamps.ts");
  process.env["TROUPE_STAMPS"] = folder;
  process.env["NODE_OPTIONS"] = `--import ${pathToFileURL(stamps).href}`;
  try {
    await import(pathToFileURL(stamps).href);
    const taken = await runAlone(context, pace);
    const jobs = jobsIn(await readEvents(folder)).slice(-pace.jobs);
    if (jobs.length === 0) throw new Error("no job took the way that was expected");
    printSteps(jobs, print);
    print(
      `  ${jobs.length} of ${pace.jobs} jobs took exactly this way; from run to result p50 ${median(taken).toFixed(2)} ms, p10 ${quantile(taken, 0.1).toFixed(2)} ms, stamps included`,
    );
  } finally {
    delete process.env["NODE_OPTIONS"];
    delete process.env["TROUPE_STAMPS"];
    await rm(folder, { recursive: true, force: true });
  }
}

async function runAlone({ troupe }: Context, { jobs, pauseMs }: Pace): Promise<number[]> {
  await using running = await startPipeline(chain(troupe, "nothing"));
  await measureLatency(running.client, emptyLoad(1), WARM_UP_JOBS);
  const taken: number[] = [];
  if (pauseMs === 0) taken.push(...(await measureLatency(running.client, emptyLoad(1), jobs)));
  else {
    for (let job = 0; job < jobs; job++) {
      await delay(pauseMs);
      taken.push(...(await measureLatency(running.client, emptyLoad(1), 1)));
    }
  }
  await delay(WRITTEN_MS);
  return taken;
}

async function readEvents(folder: string): Promise<Event[]> {
  const events: Event[] = [];
  for (const name of await readdir(folder)) {
    const [pid, program = "", group = ""] = name.split(".");
    const who = Number(pid) === process.pid ? "client" : group === "" ? program : `${program} ${group}`;
    const lines = (await readFile(join(folder, name), "utf8")).trim().split("\n");
    for (const line of lines) {
      const [at, what, of] = JSON.parse(line) as Stamp;
      events.push({ at, who, what, of });
    }
  }
  return events.sort((a, b) => a.at - b.at);
}

const JOURNAL = /\.journal$/;
const ANSWER = /_INBOX/;

/** The way of one job, from its submission on. */
function way(): Step[] {
  const journalled: Step[] = [
    { who: "coordinator", what: "send", of: JOURNAL, kind: "coordinator" },
    { who: "coordinator", what: "receive", of: ANSWER, kind: "append" },
  ];
  const through = (group: string): Step[] => [
    { who: "coordinator", what: "send", of: new RegExp(`\\.down\\.${group}\\.`), kind: "coordinator" },
    { who: `agent ${group}`, what: "receive", of: /\.down\./, kind: "through NATS" },
    { who: `agent ${group}`, what: "post", of: /run/, kind: "agent" },
    { who: `host ${group}`, what: "hear", of: /run/, kind: "between threads" },
    { who: `host ${group}`, what: "post", of: /done/, kind: "host" },
    { who: `agent ${group}`, what: "hear", of: /done/, kind: "between threads" },
    { who: `agent ${group}`, what: "send", of: /\.up\./, kind: "agent" },
    { who: "coordinator", what: "receive", of: new RegExp(`\\.up\\.${group}`), kind: "through NATS" },
    ...journalled,
  ];
  return [
    { who: "client", what: "send", of: /\.submit$/, kind: "coordinator" },
    { who: "coordinator", what: "receive", of: /\.submit$/, kind: "through NATS" },
    ...journalled,
    ...GROUPS.flatMap(through),
    { who: "coordinator", what: "send", of: ANSWER, kind: "coordinator" },
    { who: "client", what: "receive", of: ANSWER, kind: "through NATS" },
  ];
}

/** Moments of every step, of each job that took them all. What else was stamped meanwhile is not its business. */
function jobsIn(events: readonly Event[]): number[][] {
  const steps = way();
  const jobs: number[][] = [];
  let moments: number[] = [];
  for (const event of events) {
    if (fits(event, steps[0])) moments = [];
    if (!fits(event, steps[moments.length])) continue;
    moments.push(event.at);
    if (moments.length < steps.length) continue;
    jobs.push(moments);
    moments = [];
  }
  return jobs;
}

function fits({ who, what, of }: Event, step: Step | undefined): boolean {
  return step?.who === who && step.what === what && step.of.test(of);
}

function printSteps(jobs: readonly (readonly number[])[], print: (text: string) => void): void {
  const steps = way();
  const micros = (value: number): string => Math.round(value * 1000).toString();
  const spent = (moments: readonly number[], index: number): number =>
    (moments[index] ?? 0) - (moments[index - 1] ?? 0);
  print("  µs since the submission and since the step before, medians:");
  steps.forEach(({ who, what, of, kind }, index) => {
    const since = median(jobs.map((moments) => (moments[index] ?? 0) - (moments[0] ?? 0)));
    const step = index === 0 ? 0 : median(jobs.map((moments) => spent(moments, index)));
    const label = `${who} ${what}s ${of.source.replaceAll(/[\\^$]/g, "")}`;
    print(
      `    ${micros(since).padStart(6)} ${`+${micros(step)}`.padStart(6)}  ${label.padEnd(34)} ${index === 0 ? "" : kind}`,
    );
  });
  print("  µs a job by what they were spent on, p10 and median:");
  for (const kind of new Set(steps.map((step) => step.kind))) {
    const sums = jobs.map((moments) =>
      steps.reduce((sum, step, index) => (index > 0 && step.kind === kind ? sum + spent(moments, index) : sum), 0),
    );
    print(`    ${micros(quantile(sums, 0.1)).padStart(6)} ${micros(median(sums)).padStart(6)}  ${kind}`);
  }
}
