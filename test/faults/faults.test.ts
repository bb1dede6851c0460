/**
 * A diamond with replicas, on real processes, while coordinators, replicas and nats-server are killed, a second coordinator is started
 * beside a living one, and owners are frozen and woken after they were replaced. Nothing may be lost, doubled or out of order.
 */
import test from "ava";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { addCoordinator, printLogLine, startLocal, type LocalOptions } from "@troupe/local";
import { compileRevision, type PipelineManifest } from "@troupe/model";
import { connectBus } from "@troupe/protocol";
import { connect, type IndexedOutcome } from "@troupe/sdk";
import { FAULT_KINDS, Injector } from "./injector.ts";
import { expected } from "./modules.ts";
import { OrderWatch } from "./order-watch.ts";
import { Progress } from "./recovery.ts";

const SOAK = process.env["TROUPE_SOAK"] === "1";
const JOBS = Number(process.env["TROUPE_FAULT_JOBS"] ?? (SOAK ? 10_000 : 2_000));
const FAULTS = Number(process.env["TROUPE_FAULTS"] ?? (SOAK ? 80 : 20));
const SEED = Number(process.env["TROUPE_SEED"] ?? 1);
/** Show what the processes say while it runs. */
const VERBOSE = process.env["TROUPE_VERBOSE"] === "1";
const WINDOW = 100;
/** Share of modules that may run more than once. */
const MOST_RERUN = 0.01;

const manifest = (executions: string): PipelineManifest => ({
  apiVersion: "troupe.dev/v1alpha1",
  kind: "Pipeline",
  metadata: { name: "faults" },
  spec: {
    modules: [
      { name: "a", type: "fault-a", group: "g1" },
      { name: "b", type: "fault-b", group: "g1", dependsOn: ["a"] },
      { name: "c", type: "fault-c", group: "g2", dependsOn: ["a"] },
      { name: "d", type: "fault-d", group: "g3", dependsOn: ["b", "c"], expose: true },
    ],
    groups: [
      { name: "g1", replicas: 2 },
      { name: "g2", replicas: 2 },
      { name: "g3", replicas: 2 },
    ],
    jobs: { maxAttempts: 10, backoff: { initialSeconds: 0.05, maxSeconds: 1 } },
    sharedParameters: { executions },
  },
});

test(`${JOBS} jobs under ${FAULTS} faults: none lost, none twice, none out of order`, async (t) => {
  t.timeout(SOAK ? 60 * 60_000 : 15 * 60_000);
  const folder = mkdtempSync(join(tmpdir(), "troupe-faults-"));
  const executions = join(folder, "executions");
  writeFileSync(executions, "");
  let owner = { name: "coordinator-0", changes: 0 };
  const options: LocalOptions = {
    revision: compileRevision(manifest(executions), { namespace: "local", sharedParameters: { executions } }),
    moduleFiles: [join(import.meta.dirname, "modules.ts")],
    logLevel: "info",
    onLog: (line) => {
      if (line.message === "owns the pipeline") owner = { name: line.source, changes: owner.changes + 1 };
      if (VERBOSE && line.source !== "nats") process.stderr.write(`${printLogLine(line)}\n`);
    },
    onEvent: (event) => {
      if (VERBOSE) process.stderr.write(`${JSON.stringify(event)}\n`);
    },
  };
  const random = mulberry32(SEED);
  await using system = await startLocal(options);
  const coordinator = async (): Promise<string> => addCoordinator(system, options);
  await coordinator();
  await using client = await connect({
    nats: system.natsUrl,
    pipeline: "faults",
    uid: system.scope.uid,
    coordinatorTimeoutMs: 60_000,
    timeline: true,
  });
  await using bus = await connectBus({ url: system.natsUrl, name: "order" });
  const order = new OrderWatch(bus, system.scope, ["g1", "g2", "g3"]);
  await client.run(0);
  const injector = new Injector({ system, random, owner: () => owner, addCoordinator: coordinator });

  const outcomes: IndexedOutcome[] = [];
  const progress = new Progress();
  const report = setInterval(() => {
    process.stderr.write(
      `${progress.count} of ${JOBS} jobs, ${[...injector.counts.values()].reduce((sum, count) => sum + count, 0)} of ${FAULTS} faults\n`,
    );
  }, 5_000);
  // As they come: the client puts nothing in order, and counts nothing once.
  const jobs = (async () => {
    for await (const outcome of client.outcomes(numbers(JOBS), { concurrency: WINDOW, order: "completion" })) {
      outcomes.push(outcome);
      progress.ended();
    }
  })();
  for (let fault = 0; fault < FAULTS; fault++) {
    // Spread over the run: each waits for its share of the jobs, so that a slow machine gets the same faults.
    while (progress.count < (JOBS * (fault + 0.5)) / FAULTS) await delay(20);
    const kind = injector.next();
    if (VERBOSE) process.stderr.write(`--- ${kind}\n`);
    progress.faulted(kind);
    await injector.inject(kind);
  }
  await jobs;
  clearInterval(report);

  const came = countBy(outcomes.map(({ index }) => index));
  const lost = numbers(JOBS).filter((index) => !came.has(index)).length;
  const twice = [...came.values()].filter((count) => count > 1).length;
  const wrong = outcomes.filter(
    (outcome) => outcome.state !== "done" || outcome.result["d"] !== expected(outcome.index),
  );
  const again = await Promise.all(
    outcomes.map(async ({ id, index }) => ({ index, result: await client.job(id).result() })),
  );
  const changed = again.filter(({ index, result }) => result["d"] !== expected(index));
  const runs = countBy(
    readFileSync(executions, "utf8")
      .trim()
      .split("\n")
      .map((line) => line.split(" ", 2).join(" ")),
  );
  const rerun = [...runs.values()].reduce((sum, count) => sum + count - 1, 0);
  const ranAgain = new Set([...runs].filter(([, count]) => count > 1).map(([run]) => run.split(" ")[0] ?? ""));
  const { compared, outOfOrder } = order.count(outcomes, ranAgain);
  rmSync(folder, { recursive: true, force: true });

  t.log(`seed ${SEED}; ${JOBS} jobs: ${lost} lost, ${twice} twice in the results, ${wrong.length} wrong`);
  t.log(`${outOfOrder} out of order, of ${compared} first starts in a group`);
  t.log(`${runs.size} modules run, ${rerun} of them again (${((100 * rerun) / (4 * JOBS)).toFixed(2)}%)`);
  t.log(`faults: ${[...injector.counts].map(([kind, count]) => `${count} ${kind}`).join(", ")}`);
  t.log(progress.summary());
  t.is(lost, 0, "lost");
  t.is(twice, 0, "twice");
  t.is(outOfOrder, 0, "out of order");
  t.true(compared > JOBS, "most starts were seen");
  t.deepEqual(wrong.slice(0, 3), [], "wrong results");
  t.deepEqual(changed.slice(0, 3), [], "results that changed");
  t.true(rerun <= MOST_RERUN * 4 * JOBS, `${rerun} modules ran again`);
  if (FAULTS >= 6)
    t.deepEqual([...injector.counts.keys()].toSorted(), [...FAULT_KINDS].toSorted(), "every kind of fault");
});

function countBy<T>(all: readonly T[]): Map<T, number> {
  const counts = new Map<T, number>();
  for (const each of all) counts.set(each, (counts.get(each) ?? 0) + 1);
  return counts;
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** A small seeded generator, so that a run can be repeated as far as real processes allow. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
