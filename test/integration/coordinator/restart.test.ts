/** A restart with 10,000 open jobs: everything is there, in its order, and takes little memory. */
import test, { type ExecutionContext } from "ava";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { replay } from "../../../coordinator/src/shell/replay.ts";
import { DIAMOND, DIAMOND_OF_1, Engine, SCOPE } from "../../support/engine.ts";
import { eventually } from "../../support/eventually.ts";

const JOBS = 10_000;
/** Twice what is to be reached, so that no noise can reach it. */
const MOST_BYTES = 4_096;

const ids = Array.from({ length: JOBS }, (_, index) => `job-${index}`);

function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  for (let round = 0; round < 3; round++) collect();
}

function memory(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

async function submitAll(engine: Engine): Promise<void> {
  const BATCH = 1_000;
  // Who comes before the door is open asks again, and is overtaken.
  await engine.ask("status", { id: "nobody" });
  for (let from = 0; from < JOBS; from += BATCH) {
    const answers = await Promise.all(ids.slice(from, from + BATCH).map(async (id) => engine.submit(id, 1)));
    for (const { error } of answers) if (error !== undefined) throw new Error(error.message);
  }
}

/** @returns the jobs in the order of the journal: a submission that an owner did not hear is sent again, and overtaken. */
async function checkReplayed(t: ExecutionContext, engine: Engine): Promise<readonly string[]> {
  const before = memory();
  const { state } = await replay(engine.bus, SCOPE);
  const perJob = Math.round((memory() - before) / JOBS);
  t.log(`${perJob} bytes an open job, beside its payload of 1 byte`);
  t.is(state.openJobs, JOBS);
  const order = [...state.jobs.keys()];
  t.deepEqual(order.toSorted(), ids.toSorted());
  t.true(
    [...state.jobs.values()].every(({ blocks }) => blocks[0]?.state === "ready" && blocks[1]?.state === "waiting"),
  );
  t.true(perJob < MOST_BYTES, `${perJob} bytes an open job`);
  return order;
}

test.serial(`${JOBS} open jobs after a restart`, async (t) => {
  t.timeout(300_000);
  await using engine = await Engine.start({ ...DIAMOND, jobs: { maxInFlight: JOBS } });
  const first = await engine.coordinator();
  await submitAll(engine);
  await first[Symbol.asyncDispose]();

  const order = await checkReplayed(t, engine);

  const second = await engine.coordinator();
  t.is(second.said("owns the pipeline")[0]!["openJobs"], JOBS);
  t.is((await engine.submit("one-more", 1)).error?.code, "TooManyJobs");
  t.is((await engine.submit("job-7", 1)).error, undefined);
  t.is((await engine.submit("job-7", 2)).error?.code, "JobConflict");
  const agents = await engine.agents({ permits: 100 });
  await eventually("all are done", async () => agents[2]!.worked.length >= JOBS, 240_000);
  for (const id of ["job-0", "job-5000", "job-9999"])
    t.deepEqual((await engine.outcome(id))["result"], { D: DIAMOND_OF_1 });
  t.deepEqual(
    [...new Set(agents[0]!.worked)].filter((work) => work.endsWith(" A")),
    order.map((id) => `${id} A`),
    "in the order of the journal",
  );
});
