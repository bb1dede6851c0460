/** A coordinator with many open jobs is killed: how long until the next one dispatches. */
import { connectBus, decodeDown, subjectsOf, type Bus } from "@troupe/protocol";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { heapBytes, HEAP_SIGNAL } from "../measure/heap.ts";
import { KIB, MIB } from "../measure/sizes.ts";
import { atMost, type Figure } from "../report/figure.ts";
import { short } from "../report/table.ts";
import { newPipeline } from "../system/pipelines.ts";
import { startPipeline, type Running } from "../system/start.ts";
import type { Context, Section } from "./section.ts";

const OPEN_JOBS = 10_000;
const OPEN_JOBS_QUICK = 2_000;
const DISPATCH_SECONDS = atMost(2);
const JOB_KIB = atMost(2);
const SUBMISSIONS_AT_A_TIME = 500;
/** Long enough to keep the jobs open, and short enough for a replica to ask for the next one soon. */
const MODULE_MS = 50;
const GIVE_UP_MS = 30_000;
const SETTLE_MS = 3_000;
const COORDINATOR = "coordinator-0";

export const restart: Section = {
  name: "restart",
  title: "A coordinator with many open jobs",
  run: async (context) => {
    const folder = await mkdtemp(join(tmpdir(), "troupe-bench-"));
    // The coordinator takes it from our environment.
    process.env["NODE_OPTIONS"] = `--heapsnapshot-signal=${HEAP_SIGNAL} --diagnostic-dir=${folder}`;
    try {
      return await measure(folder, context);
    } finally {
      delete process.env["NODE_OPTIONS"];
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function measure(folder: string, context: Context): Promise<Figure[]> {
  const pipeline = newPipeline(context.troupe, "restart").addModule("A", "wait", {
    group: "g1",
    parameters: { ms: MODULE_MS },
  });
  await using running = await startPipeline(pipeline);
  await using observer = await connectBus({ url: running.local.natsUrl, name: "bench" });
  await running.client.run(null);
  const jobs = context.quick ? OPEN_JOBS_QUICK : OPEN_JOBS;
  const figures = await fill(running, jobs, context);
  for (const signal of ["SIGKILL", "SIGTERM"] as const) {
    context.say(`coordinator: ${signal}`);
    const value = await timeDispatch(running, observer, signal);
    const how = signal === "SIGKILL" ? "killed (SIGKILL)" : "asked to end (SIGTERM)";
    figures.push({
      id: `restart.${signal}`,
      text: `${short(jobs)} open jobs, ${how}: dispatches after`,
      unit: "s",
      value,
      target: DISPATCH_SECONDS,
    });
    await delay(SETTLE_MS);
  }
  return [...figures, await memoryOfJobs(running, folder, context)];
}

async function fill({ client }: Running, jobs: number, { say }: Context): Promise<Figure[]> {
  say(`submitting ${short(jobs)} jobs that stay open`);
  const begun = performance.now();
  let submitted = 0;
  const lane = async (): Promise<void> => {
    while (submitted < jobs) {
      submitted++;
      await client.submit(null);
    }
  };
  await Promise.all(Array.from({ length: SUBMISSIONS_AT_A_TIME }, lane));
  const seconds = (performance.now() - begun) / 1000;
  await delay(SETTLE_MS);
  return [{ id: "restart.submitted", text: "submissions journalled", unit: "/s", value: jobs / seconds }];
}

/** What is reachable in the coordinator with some jobs, and with as many more: the difference is the jobs'. */
async function memoryOfJobs(running: Running, folder: string, context: Context): Promise<Figure> {
  const more = context.quick ? OPEN_JOBS_QUICK : OPEN_JOBS;
  const pid = coordinatorPid(running);
  const before = await heapBytes(pid, folder);
  await fill(running, more, context);
  const after = await heapBytes(pid, folder);
  const note = `heap: ${short(before / MIB)} MiB, and ${short(after / MIB)} MiB with ${short(more)} more`;
  return {
    id: "restart.kibPerJob",
    text: "memory an open job",
    unit: "KiB",
    value: (after - before) / more / KIB,
    target: JOB_KIB,
    note,
  };
}

function coordinatorPid({ local }: Running): number {
  const pid = local.processes().find(({ name }) => name === COORDINATOR)?.pid;
  if (pid === undefined || pid === null) throw new Error("the coordinator is not running");
  return pid;
}

/** From the signal to the first block that the next owner sends to a replica. */
async function timeDispatch(running: Running, observer: Bus, signal: NodeJS.Signals): Promise<number> {
  const { local } = running;
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const before = coordinatorPid(running);
  let highestEpoch = Number.POSITIVE_INFINITY;
  const seen = observer.subscribe(subjectsOf(local.scope).down("g1", "*"), ({ data }) => {
    const { epoch, messages } = decodeDown(data);
    if (highestEpoch === Number.POSITIVE_INFINITY) highestEpoch = epoch;
    if (epoch > highestEpoch && messages.some(({ type }) => type === "run")) resolve(performance.now());
  });
  const giveUp = setTimeout(() => {
    reject(new Error(`nothing was dispatched within ${GIVE_UP_MS} ms`));
  }, GIVE_UP_MS);
  try {
    // The epoch of the present owner passes by with its next block.
    await delay(1_000);
    const begun = performance.now();
    local.kill(COORDINATOR, signal);
    const seconds = ((await promise) - begun) / 1000;
    if (coordinatorPid(running) === before) throw new Error("the coordinator was not restarted");
    return seconds;
  } finally {
    clearTimeout(giveUp);
    seen.unsubscribe();
  }
}
