/** Where the time goes: a budget of CPU microseconds a job, and the functions that take them. */
import { mkdtemp, rm } from "node:fs/promises";
import { Session } from "node:inspector/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { emptyLoad } from "../measure/payloads.ts";
import { threadTimes, type ThreadTime } from "../measure/processes.ts";
import { CpuMeter, type Measured } from "../measure/cpu-meter.ts";
import { measureThroughput } from "../measure/throughput.ts";
import { short } from "../report/table.ts";
import type { Context } from "../sections/section.ts";
import { chain, diamond, type AnyPipeline } from "../system/pipelines.ts";
import { startPipeline } from "../system/start.ts";
import { readProfiles, selfTimes, type CpuProfile, type SelfTime } from "./self-times.ts";

const IN_FLIGHT = 400;
const SAMPLE_MICROS = 250;
const SHOWN = 25;

type Print = (text: string) => void;

export async function profileAll(context: Context, only: readonly string[], print: Print): Promise<void> {
  const pipelines = { chain, diamond };
  for (const [name, build] of Object.entries(pipelines)) {
    if (only.length > 0 && !only.includes(name)) continue;
    print(`\n${name} of empty modules`);
    await profileOne(build(context.troupe, "nothing"), context, print);
  }
}

async function profileOne(pipeline: AnyPipeline, { quick }: Context, print: Print): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "troupe-profile-"));
  // The processes of the system take it from our environment, their threads from them.
  process.env["NODE_OPTIONS"] = `--cpu-prof --cpu-prof-dir=${folder} --cpu-prof-interval=${SAMPLE_MICROS}`;
  try {
    const { jobs, names, own } = await load(pipeline, quick ? 3_000 : 15_000, print);
    const client = { pid: process.pid, profile: own };
    const profiles = [client, ...(await readProfiles(folder))];
    for (const { pid, profile } of profiles) {
      printTop(`${names.get(pid) ?? `process ${pid}`}${threadOf(profile)}`, await selfTimes(profile), jobs, print);
    }
  } finally {
    delete process.env["NODE_OPTIONS"];
    await rm(folder, { recursive: true, force: true });
  }
}

interface Loaded {
  /** All jobs of the system's life: its profiles cover all of it. */
  readonly jobs: number;
  readonly names: ReadonlyMap<number, string>;
  readonly own: CpuProfile;
}

async function load(pipeline: AnyPipeline, repetitionMs: number, print: Print): Promise<Loaded> {
  await using running = await startPipeline(pipeline);
  const processes = running.processes();
  let jobs = 0;
  const empty = emptyLoad(IN_FLIGHT);
  const counted = { ...empty, inputOf: (index: number) => (jobs++, empty.inputOf(index)) };
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.setSamplingInterval", { interval: SAMPLE_MICROS });
  await session.post("Profiler.start");
  const before = threadsOf(processes);
  const [repetition] = await measureThroughput(
    running.client,
    counted,
    { warmUpMs: 2_000, repetitions: 1, repetitionMs },
    new CpuMeter(processes),
  );
  const budget = threadsOf(processes);
  const { profile } = await session.post("Profiler.stop");
  session.disconnect();
  print(`  ${short(repetition?.jobsPerSecond ?? 0)} jobs/s while profiled; others took ${short(repetition?.cpu.othersCores ?? 0)} cores`);
  printBudget(processes, before, budget, jobs, print);
  return { jobs, names: new Map(processes.map(({ name, pid }) => [pid, name])), own: profile };
}

function threadsOf(processes: readonly Measured[]): Map<number, ThreadTime[]> {
  return new Map(processes.map(({ pid }) => [pid, threadTimes(pid)]));
}

/** Threads that took next to nothing are counted into their process alone. */
const SMALL_SHARE = 0.03;

function printBudget(
  processes: readonly Measured[],
  before: ReadonlyMap<number, readonly ThreadTime[]>,
  after: ReadonlyMap<number, readonly ThreadTime[]>,
  jobs: number,
  print: Print,
): void {
  print("  CPU µs a job, by process and its threads:");
  let total = 0;
  for (const { name, pid } of processes) {
    const old = new Map(before.get(pid)?.map(({ thread, cpuMicros }) => [thread, cpuMicros]));
    const taken = (after.get(pid) ?? []).map(({ thread, cpuMicros }) => ({ thread, micros: (cpuMicros - (old.get(thread) ?? 0)) / jobs }));
    const sum = taken.reduce((all, { micros }) => all + micros, 0);
    total += sum;
    const threads = taken.filter(({ micros }) => micros > SMALL_SHARE * sum).sort((a, b) => b.micros - a.micros);
    print(`    ${name.padEnd(16)} ${short(sum).padStart(6)}   ${threads.map(({ thread, micros }) => `${thread} ${short(micros)}`).join(", ")}`);
  }
  print(`    ${"all".padEnd(16)} ${short(total).padStart(6)}`);
}

function printTop(name: string, { times, busyMicros }: { readonly times: readonly SelfTime[]; readonly busyMicros: number }, jobs: number, print: Print): void {
  print(`\n  ${name}: ${short(busyMicros / jobs)} µs a job on its JavaScript thread`);
  for (const { label, micros } of times.slice(0, SHOWN)) print(`    ${short(micros / jobs).padStart(6)} µs  ${label}`);
}

function threadOf(profile: CpuProfile): string {
  return profile.nodes.some(({ callFrame }) => callFrame.functionName === "startWorkerThread" || callFrame.url === "node:internal/main/worker_thread")
    ? " (host thread)"
    : "";
}
