/** Jobs a second and milliseconds a job, of the chain and of the diamond. */
import { availableParallelism } from "node:os";
import { CpuMeter } from "../measure/cpu-meter.ts";
import { emptyLoad, payloadLoad } from "../measure/payloads.ts";
import { peakMib } from "../measure/processes.ts";
import { median, quantile } from "../measure/quantile.ts";
import { KIB, MIB } from "../measure/sizes.ts";
import { measureLatency, measureThroughput, type Load, type Repetition } from "../measure/throughput.ts";
import { atLeast, atMost, type Figure, type Target } from "../report/figure.ts";
import { short } from "../report/table.ts";
import type { Troupe } from "../system/bundle.ts";
import { chain, diamond, type AnyPipeline, type Work } from "../system/pipelines.ts";
import { startPipeline, type Running } from "../system/start.ts";
import type { Context, Section } from "./section.ts";

/** Jobs open at a time. 32 of a MiB are enough to keep every process busy, and do not fill the disk. */
const IN_FLIGHT = 400;
const IN_FLIGHT_MIB = 32;

const EMPTY_JOBS_PER_SECOND = atLeast(3_000);
const ONE_JOB_MS = atMost(3);
const MIB_JOBS_PER_SECOND = atLeast(40);
/** Of what put and get of 1 MiB through NATS reach on their own. */
const SHARE_OF_RAW = atLeast(0.6);
/**
 * Puts and gets of one 1 MiB job of the chain: the client writes the input, each of three groups reads and writes, the client reads the result.
 */
const PAIRS_A_JOB = 4;
/** Those of them that are files on one machine: all but the result, which goes through NATS (ADR 5). */
const FILE_PAIRS_A_JOB = 3;

interface Case {
  readonly name: string;
  readonly text: string;
  readonly load: Load;
  readonly latencyJobs: number;
  readonly jobsPerSecond?: Target;
  readonly oneJobMs?: Target;
}

export const chainSection = sectionOf("chain", "Three groups in a chain", chain);
export const diamondSection = sectionOf("diamond", "Four modules in a diamond, three groups", diamond);

function sectionOf(name: string, title: string, build: (troupe: Troupe, work: Work) => AnyPipeline): Section {
  return {
    name,
    title,
    run: async (context) => {
      const figures: Figure[] = [];
      const empty: Case = {
        name: "empty",
        text: "empty modules",
        load: emptyLoad(IN_FLIGHT),
        latencyJobs: 1_000,
        jobsPerSecond: EMPTY_JOBS_PER_SECOND,
        oneJobMs: ONE_JOB_MS,
      };
      figures.push(...(await runCases(name, build(context.troupe, "nothing"), [empty], context)));
      figures.push(...(await runCases(name, build(context.troupe, "change"), payloadCases(name), context)));
      return [...figures, ...sharesOfRaw(name, figures, context)];
    },
  };
}

function payloadCases(pipeline: string): Case[] {
  // Just below what is stored apart: it stands in the journal four times a job, and in the coordinator's memory.
  const inline = { name: "30kib", text: "30 KiB", load: payloadLoad(30 * KIB, IN_FLIGHT), latencyJobs: 200 };
  const large = { name: "1mib", text: "1 MiB", load: payloadLoad(MIB, IN_FLIGHT_MIB), latencyJobs: 60 };
  return [
    { name: "1kib", text: "1 KiB", load: payloadLoad(KIB, IN_FLIGHT), latencyJobs: 300 },
    inline,
    { name: "64kib", text: "64 KiB", load: payloadLoad(64 * KIB, IN_FLIGHT), latencyJobs: 200 },
    pipeline === "chain" ? { ...large, jobsPerSecond: MIB_JOBS_PER_SECOND } : large,
  ];
}

async function runCases(
  pipeline: string,
  definition: AnyPipeline,
  cases: readonly Case[],
  context: Context,
): Promise<Figure[]> {
  await using running = await startPipeline(definition);
  const figures: Figure[] = [];
  for (const each of cases) {
    context.say(`${pipeline}, ${each.text}`);
    figures.push(...(await runCase(`${pipeline}.${each.name}`, each, running, context)));
  }
  return figures;
}

async function runCase(id: string, each: Case, { client, processes }: Running, { quick }: Context): Promise<Figure[]> {
  const { text, load, latencyJobs } = each;
  const schedule = quick
    ? { warmUpMs: 1_000, repetitions: 1, repetitionMs: 1_500 }
    : { warmUpMs: 4_000, repetitions: 4, repetitionMs: 4_000 };
  const repetitions = await measureThroughput(client, load, schedule, new CpuMeter(processes()));
  const count = quick ? Math.ceil(latencyJobs / 5) : latencyJobs;
  await measureLatency(client, load, Math.ceil(count / 10));
  const one = await measureLatency(client, load, count);
  const rates = repetitions.map(({ jobsPerSecond }) => jobsPerSecond);
  return [
    {
      id: `${id}.jobsPerSecond`,
      text: `${text}: jobs`,
      unit: "/s",
      value: median(rates),
      best: Math.max(...rates),
      target: each.jobsPerSecond,
      note: `${load.inFlight} open; ${disturbance(repetitions)}`,
    },
    {
      id: `${id}.busy.p50`,
      text: "  from submission to result, so many open, p50",
      unit: "ms",
      value: median(repetitions.map(({ p50Ms }) => p50Ms)),
    },
    { id: `${id}.busy.p99`, text: "  p99", unit: "ms", value: median(repetitions.map(({ p99Ms }) => p99Ms)) },
    {
      id: `${id}.p50`,
      text: "  one at a time, p50",
      unit: "ms",
      value: median(one),
      best: Math.min(...one),
      target: each.oneJobMs,
    },
    { id: `${id}.p99`, text: "  p99", unit: "ms", value: quantile(one, 0.99) },
    ...cpuFigures(id, repetitions),
    {
      id: `${id}.coordinatorPeak`,
      text: "  the coordinator's memory, at most until then",
      unit: "MiB",
      value: Math.max(...processes().map(({ name, pid }) => (name.startsWith("coordinator") ? peakMib(pid) : 0))),
    },
  ];
}

/** How much of the machine the measurement did not have. */
function disturbance(repetitions: readonly Repetition[]): string {
  const others = median(repetitions.map(({ cpu }) => cpu.othersCores));
  const stolen = median(repetitions.map(({ cpu }) => cpu.stolenCores));
  return `others took ${short(others)} cores, the host ${short(stolen)}`;
}

/** CPU microseconds a job, by process: what a job costs, whoever else uses the machine, and what that allows for. */
function cpuFigures(id: string, repetitions: readonly Repetition[]): Figure[] {
  const names = Object.keys(repetitions[0]?.cpu.micros ?? {});
  const perJob = (name: string): number => median(repetitions.map(({ cpu, jobs }) => (cpu.micros[name] ?? 0) / jobs));
  const costs = names.map((name) => ({ name, micros: perJob(name) }));
  const total = costs.reduce((sum, { micros }) => sum + micros, 0);
  const note = costs.map(({ name, micros }) => `${name} ${short(micros)}`).join(", ");
  const cores = availableParallelism();
  return [
    { id: `${id}.cpu`, text: "  CPU a job", unit: "µs", value: total, note },
    {
      id: `${id}.freeCores`,
      text: `  jobs that ${cores} free cores would carry at that`,
      unit: "/s",
      value: (cores * 1_000_000) / total,
    },
  ];
}

function sharesOfRaw(pipeline: string, figures: readonly Figure[], { measured }: Context): Figure[] {
  const jobs = figures.find(({ id }) => id === "chain.1mib.jobsPerSecond");
  const pairs = measured.get("raw.blobs8");
  const filePairs = measured.get("raw.files8");
  if (pipeline !== "chain" || jobs === undefined || pairs === undefined) return [];
  const best = jobs.best ?? jobs.value;
  const throughNats: Figure = {
    id: "chain.1mib.shareOfRaw",
    text: "1 MiB: share of raw put and get, all of them through NATS",
    unit: "",
    value: (jobs.value * PAIRS_A_JOB) / pairs.value,
    best: (best * PAIRS_A_JOB) / pairs.value,
    target: SHARE_OF_RAW,
    note: `${PAIRS_A_JOB} puts and gets a job; raw: ${short(pairs.value)} a second`,
  };
  if (filePairs === undefined) return [throughNats];
  const bareSeconds = FILE_PAIRS_A_JOB / filePairs.value + (PAIRS_A_JOB - FILE_PAIRS_A_JOB) / pairs.value;
  return [
    throughNats,
    {
      id: "chain.1mib.shareOfSameWay",
      text: "  … going the same way as the job's: like for like",
      unit: "",
      value: jobs.value * bareSeconds,
      best: best * bareSeconds,
      note: `${FILE_PAIRS_A_JOB} as files (raw: ${short(filePairs.value)} a second), the result through NATS: ${short(1 / bareSeconds)} bare jobs a second`,
    },
  ];
}
