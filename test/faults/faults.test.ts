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
import { connect, type IndexedOutcome } from "@troupe/sdk";
import { FAULT_KINDS, Injector } from "./injector.ts";
import { expected } from "./modules.ts";

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
  let owner = "coordinator-0";
  const options: LocalOptions = {
    revision: compileRevision(manifest(executions), { namespace: "local", sharedParameters: { executions } }),
    moduleFiles: [join(import.meta.dirname, "modules.ts")],
    logLevel: "info",
    onLog: (line) => {
      if (line.message === "owns the pipeline") owner = line.source;
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
  });
  await client.run(0);
  const injector = new Injector({ system, random, owner: () => owner, addCoordinator: coordinator });

  const outcomes: IndexedOutcome[] = [];
  const progress = new Progress();
  const report = setInterval(() => {
    process.stderr.write(
      `${progress.count} of ${JOBS} jobs, ${[...injector.counts.values()].reduce((sum, count) => sum + count, 0)} of ${FAULTS} faults\n`,
    );
  }, 5_000);
  const jobs = (async () => {
    for await (const outcome of client.outcomes(numbers(JOBS), { concurrency: WINDOW, order: "input" })) {
      outcomes.push(outcome);
      progress.ended();
    }
  })();
  for (let fault = 0; fault < FAULTS; fault++) {
    // Spread over the run: each waits for its share of the jobs, so that a slow machine gets the same faults.
    while (progress.count < (JOBS * (fault + 0.5)) / FAULTS) await delay(20);
    const kind = FAULT_KINDS[Math.floor(random() * FAULT_KINDS.length)] ?? "kill-replica";
    if (VERBOSE) process.stderr.write(`--- ${kind}\n`);
    progress.faulted(kind);
    await injector.inject(kind);
  }
  await jobs;
  clearInterval(report);

  const ids = outcomes.map(({ id }) => id);
  const wrong = outcomes.filter(
    (outcome) => outcome.state !== "done" || outcome.result["d"] !== expected(outcome.index),
  );
  const again = await Promise.all(ids.map(async (id) => client.job(id).result()));
  const changed = again.filter((result, index) => result["d"] !== expected(index));
  const runs = readFileSync(executions, "utf8")
    .trim()
    .split("\n")
    .map((line) => line.split(" ", 2).join(" "));
  const rerun = runs.length - new Set(runs).size;
  rmSync(folder, { recursive: true, force: true });

  t.log(
    `seed ${SEED}; ${JOBS} jobs, ${runs.length} modules run, ${rerun} again (${((100 * rerun) / (4 * JOBS)).toFixed(2)}%)`,
  );
  t.log(`faults: ${[...injector.counts].map(([kind, count]) => `${count} ${kind}`).join(", ")}`);
  t.log(progress.summary());
  t.is(outcomes.length, JOBS, "lost");
  t.is(new Set(ids).size, JOBS, "twice");
  t.deepEqual(
    outcomes.map(({ index }) => index),
    numbers(JOBS),
    "out of order",
  );
  t.deepEqual(wrong.slice(0, 3), [], "wrong results");
  t.deepEqual(changed.slice(0, 3), [], "results that changed");
  t.true(rerun <= MOST_RERUN * 4 * JOBS, `${rerun} modules ran again`);
});

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** When jobs ended, and how long none did after a fault. */
class Progress {
  count = 0;
  #lastEnd = performance.now();
  #longest = 0;
  #fault: { readonly kind: string; readonly at: number } | undefined;
  readonly #recoveries: { readonly kind: string; readonly ms: number }[] = [];

  ended(): void {
    const now = performance.now();
    this.#longest = Math.max(this.#longest, now - this.#lastEnd);
    if (this.#fault !== undefined && now - this.#lastEnd > 200)
      this.#recoveries.push({ kind: this.#fault.kind, ms: now - this.#fault.at });
    if (this.#fault !== undefined && (now - this.#lastEnd > 200 || now - this.#fault.at > 1_000))
      this.#fault = undefined;
    this.#lastEnd = now;
    this.count++;
  }

  faulted(kind: string): void {
    this.#fault = { kind, at: performance.now() };
  }

  summary(): string {
    const sorted = this.#recoveries.map(({ ms }) => ms).sort((a, b) => a - b);
    const at = (share: number): string =>
      (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(0);
    const worst = this.#recoveries
      .toSorted((a, b) => b.ms - a.ms)
      .slice(0, 3)
      .map(({ kind, ms }) => `${kind} ${ms.toFixed(0)} ms`);
    return `stalls over 200 ms: ${sorted.length}; recovery p50 ${at(0.5)} ms, p99 ${at(0.99)} ms; worst: ${worst.join(", ")}; longest stall ${this.#longest.toFixed(0)} ms`;
  }
}

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
