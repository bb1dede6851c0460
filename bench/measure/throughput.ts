/** Jobs a second with a constant number of them open. */
import type { IndexedOutcome, PipelineClient } from "@troupe/sdk";
import type { CpuMeter, CpuShare } from "./cpu-meter.ts";
import { quantile } from "./quantile.ts";

export interface Load {
  readonly inputOf: (index: number) => unknown;
  /** @throws when the result is not what the input asks for */
  readonly check: (index: number, result: Readonly<Record<string, unknown>>) => void;
  /** Jobs open at a time. */
  readonly inFlight: number;
}

export interface Schedule {
  readonly warmUpMs: number;
  readonly repetitions: number;
  readonly repetitionMs: number;
}

export interface Repetition {
  readonly jobs: number;
  readonly jobsPerSecond: number;
  /** From the submission of a job to its outcome, with so many others open. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly cpu: CpuShare;
}

/** The load never pauses between repetitions: each is a window over one steady stream. @throws when a job is not done */
export async function measureThroughput(
  client: PipelineClient,
  load: Load,
  schedule: Schedule,
  meter: CpuMeter,
): Promise<Repetition[]> {
  const repetitions: Repetition[] = [];
  const startedAt: number[] = [];
  let latencies: number[] = [];
  let enough = false;
  let begun = performance.now();
  let endsAt = begun + schedule.warmUpMs;
  let warm = false;

  function* inputs(): Generator {
    for (let index = 0; !enough; index++) {
      startedAt.push(performance.now());
      yield load.inputOf(index);
    }
  }

  for await (const outcome of client.outcomes(inputs(), { concurrency: load.inFlight })) {
    checkDone(outcome, load);
    const now = performance.now();
    latencies.push(now - (startedAt[outcome.index] ?? now));
    if (now < endsAt || enough) continue;
    const cpu = meter.look();
    if (warm) repetitions.push(repetitionOf(latencies, now - begun, cpu));
    warm = true;
    enough = repetitions.length === schedule.repetitions;
    latencies = [];
    begun = now;
    endsAt = now + schedule.repetitionMs;
  }
  return repetitions;
}

function repetitionOf(latencies: readonly number[], elapsedMs: number, cpu: CpuShare): Repetition {
  const jobsPerSecond = (latencies.length / elapsedMs) * 1000;
  return {
    jobs: latencies.length,
    jobsPerSecond,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    cpu,
  };
}

/** One job at a time. @returns milliseconds from submission to result */
export async function measureLatency(client: PipelineClient, load: Load, count: number): Promise<number[]> {
  const taken: number[] = [];
  for (let index = 0; index < count; index++) {
    const input = load.inputOf(index);
    const begun = performance.now();
    const result = await client.run(input);
    taken.push(performance.now() - begun);
    load.check(index, result);
  }
  return taken;
}

function checkDone(outcome: IndexedOutcome, load: Load): void {
  if (outcome.state !== "done") throw new Error(`a job ended as ${outcome.state}: ${outcome.error.message}`);
  load.check(outcome.index, outcome.result);
}
