/** A coordinator with many open jobs is killed: how long until the next one dispatches. */
import { connectBus, decodeDown, subjectsOf, type Bus } from "@troupe/protocol";
import { setTimeout as delay } from "node:timers/promises";
import { pssMib } from "../measure/processes.ts";
import { KIB } from "../measure/sizes.ts";
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
  title: "Restart of the coordinator with many open jobs",
  run: async (context) => {
    const pipeline = newPipeline(context.troupe, "restart").addModule("A", "wait", { group: "g1", parameters: { ms: MODULE_MS } });
    await using running = await startPipeline(pipeline);
    await using observer = await connectBus({ url: running.local.natsUrl, name: "bench" });
    await running.client.run(null);
    const jobs = context.quick ? OPEN_JOBS_QUICK : OPEN_JOBS;
    const figures = await fill(running, jobs, context);
    for (const signal of ["SIGKILL", "SIGTERM"] as const) {
      context.say(`coordinator: ${signal}`);
      const seconds = await timeDispatch(running, observer, signal);
      const text = signal === "SIGKILL" ? "killed (SIGKILL)" : "stopped (SIGTERM)";
      figures.push({ id: `restart.${signal}`, text: `${short(jobs)} open jobs, ${text}: dispatches after`, unit: "s", value: seconds, target: DISPATCH_SECONDS });
      await delay(SETTLE_MS);
    }
    const after = coordinatorMib(running);
    return [...figures, { id: "restart.mib", text: "coordinator after the last restart (PSS)", unit: "MiB", value: after }];
  },
};

async function fill(running: Running, jobs: number, { say }: Context): Promise<Figure[]> {
  say(`submitting ${short(jobs)} jobs that stay open`);
  const before = coordinatorMib(running);
  const begun = performance.now();
  let submitted = 0;
  const lane = async (): Promise<void> => {
    while (submitted < jobs) {
      submitted++;
      await running.client.submit({ ms: MODULE_MS });
    }
  };
  await Promise.all(Array.from({ length: SUBMISSIONS_AT_A_TIME }, lane));
  const seconds = (performance.now() - begun) / 1000;
  await delay(SETTLE_MS);
  const grownKib = (coordinatorMib(running) - before) * KIB;
  return [
    { id: "restart.submitted", text: "submissions journalled", unit: "/s", value: jobs / seconds },
    {
      id: "restart.kibPerJob",
      text: "memory an open job, garbage included",
      unit: "KiB",
      value: grownKib / jobs,
      target: JOB_KIB,
      note: `coordinator ${short(before)} MiB without them`,
    },
  ];
}

function coordinatorMib({ local }: Running): number {
  const pid = local.processes().find(({ name }) => name === COORDINATOR)?.pid;
  return pid === undefined || pid === null ? 0 : pssMib([pid]);
}

/** From the signal to the first block that the next owner sends to a replica. */
async function timeDispatch({ local }: Running, observer: Bus, signal: NodeJS.Signals): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const before = local.processes().find(({ name }) => name === COORDINATOR)?.pid;
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
    const now = local.processes().find(({ name }) => name === COORDINATOR)?.pid;
    if (now === before) throw new Error("the coordinator was not restarted");
    return seconds;
  } finally {
    clearTimeout(giveUp);
    seen.unsubscribe();
  }
}
