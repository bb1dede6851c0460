/** Where the time goes: a budget of CPU microseconds a job, and the functions that take them. */
import { mkdtemp, rm } from "node:fs/promises";
import { Session } from "node:inspector/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { emptyLoad, payloadLoad } from "../measure/payloads.ts";
import { KIB, MIB } from "../measure/sizes.ts";
import { CpuMeter } from "../measure/cpu-meter.ts";
import { measureThroughput, type Load, type Repetition } from "../measure/throughput.ts";
import { short } from "../report/table.ts";
import type { Context } from "../sections/section.ts";
import { chain, diamond, type AnyPipeline } from "../system/pipelines.ts";
import type { Troupe } from "../system/bundle.ts";
import { startPipeline } from "../system/start.ts";
import { profileActors } from "./actors.ts";
import { costs, printBudget, threadsOf, type Print, type ThreadCost } from "./budget.ts";
import { readProfiles, selfTimes, type CpuProfile, type SelfTimes } from "./self-times.ts";
import { watchTraffic } from "./traffic.ts";
import { waterfall } from "./waterfall.ts";

const IN_FLIGHT = 400;
const IN_FLIGHT_MIB = 32;
const SAMPLE_MICROS = 250;
const SHOWN = 30;
const WARM_UP_MS = 2_000;
const TRAFFIC_MS = 2_000;

interface Profiled {
  readonly name: string;
  readonly title: string;
  readonly build: (troupe: Troupe) => AnyPipeline;
  readonly load: () => Load;
}

const LOADED: readonly Profiled[] = [
  {
    name: "chain",
    title: "a chain of three groups, empty modules",
    build: (troupe) => chain(troupe, "nothing"),
    load: () => emptyLoad(IN_FLIGHT),
  },
  {
    name: "diamond",
    title: "a diamond in three groups, empty modules",
    build: (troupe) => diamond(troupe, "nothing"),
    load: () => emptyLoad(IN_FLIGHT),
  },
  {
    name: "chain-64kib",
    title: "a chain of three groups, 64 KiB changed by each",
    build: (troupe) => chain(troupe, "change"),
    load: () => payloadLoad(64 * KIB, IN_FLIGHT),
  },
  {
    name: "chain-1mib",
    title: "a chain of three groups, 1 MiB changed by each",
    build: (troupe) => chain(troupe, "change"),
    load: () => payloadLoad(MIB, IN_FLIGHT_MIB),
  },
];

const ACTORS = { name: "actors", title: "calls to actors, by process and thread" };
const WATERFALLS = [
  { name: "alone", title: "one job alone through the chain, step by step", pace: { jobs: 500, pauseMs: 0 } },
  { name: "rare", title: "the same after a second in which nothing happened", pace: { jobs: 40, pauseMs: 1_000 } },
];

export const PROFILES: readonly Pick<Profiled, "name" | "title">[] = [...LOADED, ACTORS, ...WATERFALLS];

export async function profileAll(context: Context, only: readonly string[], print: Print): Promise<void> {
  const isWanted = (name: string): boolean => only.length === 0 || only.includes(name);
  for (const profiled of LOADED) {
    if (!isWanted(profiled.name)) continue;
    print(`\n${profiled.title}`);
    await profileOne(profiled, context, print);
  }
  if (isWanted(ACTORS.name)) {
    print(`\n${ACTORS.title}`);
    await profileActors(context, print);
  }
  for (const { name, title, pace } of WATERFALLS) {
    if (!isWanted(name)) continue;
    print(`\n${title}`);
    await waterfall(context, pace, print);
  }
}

async function profileOne({ build, load }: Profiled, { troupe, quick }: Context, print: Print): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "troupe-profile-"));
  // The processes of the system take it from our environment, their threads from them.
  process.env["NODE_OPTIONS"] = `--cpu-prof --cpu-prof-dir=${folder} --cpu-prof-interval=${SAMPLE_MICROS}`;
  try {
    const { names, own, threads } = await runLoad(build(troupe), load(), quick ? 3_000 : 15_000, print);
    // Threads of our own process that left profiles have looked at the module files.
    const others = (await readProfiles(folder)).filter(({ pid }) => pid !== process.pid);
    for (const { pid, profile } of [{ pid: process.pid, profile: own }, ...others]) {
      const thread = isHost(profile) ? "host" : "main";
      const microsPerJob = threads.get(pid)?.find(({ name }) => name.startsWith(thread))?.micros;
      if (microsPerJob === undefined) continue;
      const name = `${names.get(pid) ?? `process ${pid}`} (${thread} thread)`;
      printTop(name, await selfTimes(profile), microsPerJob, print);
    }
  } finally {
    delete process.env["NODE_OPTIONS"];
    await rm(folder, { recursive: true, force: true });
  }
}

interface Loaded {
  readonly names: ReadonlyMap<number, string>;
  readonly own: CpuProfile;
  /** CPU time a job, by process. */
  readonly threads: ReadonlyMap<number, readonly ThreadCost[]>;
}

async function runLoad(pipeline: AnyPipeline, load: Load, repetitionMs: number, print: Print): Promise<Loaded> {
  await using running = await startPipeline(pipeline);
  const processes = running.processes();
  const run = async (warmUpMs: number, durationMs: number): Promise<Repetition> => {
    const schedule = { warmUpMs, repetitions: 1, repetitionMs: durationMs };
    const [repetition] = await measureThroughput(running.client, counted, schedule, new CpuMeter(processes));
    if (repetition === undefined) throw new Error("there was no repetition");
    return repetition;
  };
  let jobs = 0;
  const inputOf = (index: number): unknown => {
    jobs++;
    return load.inputOf(index);
  };
  const counted = { ...load, inputOf };

  await run(500, WARM_UP_MS);
  jobs = 0;
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.setSamplingInterval", { interval: SAMPLE_MICROS });
  await session.post("Profiler.start");
  const before = threadsOf(processes);
  const { jobsPerSecond, cpu } = await run(0, repetitionMs);
  const threads = costs(processes, before, threadsOf(processes), jobs);
  const { profile } = await session.post("Profiler.stop");
  session.disconnect();
  print(
    `  ${short(jobsPerSecond)} jobs/s while profiled; others took ${short(cpu.othersCores)} cores, the host ${short(cpu.stolenCores)}`,
  );
  printBudget("job", processes, threads, print);
  print("  messages, by subject:");
  jobs = 0;
  const traffic = await watchTraffic(running.local);
  await run(0, TRAFFIC_MS);
  print(await traffic.end(jobs));
  return { names: new Map(processes.map(({ name, pid }) => [pid, name])), own: profile, threads };
}

/** The profile says shares (its clock also runs while others have the core), the thread's CPU time what they are shares of. */
function printTop(name: string, { times, busyMicros }: SelfTimes, microsPerJob: number, print: Print): void {
  print(`\n  ${name}: ${short(microsPerJob)} µs a job`);
  for (const { label, micros } of times.slice(0, SHOWN))
    print(`    ${short((micros / busyMicros) * microsPerJob).padStart(6)} µs  ${label}`);
}

function isHost({ nodes }: CpuProfile): boolean {
  return nodes.some(({ callFrame }) => callFrame.url === "node:internal/main/worker_thread");
}
