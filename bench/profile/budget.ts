/** CPU microseconds of one job or call, by process and thread. */
import type { Measured } from "../measure/cpu-meter.ts";
import { threadTimes, type ThreadTime } from "../measure/processes.ts";
import { short } from "../report/table.ts";

export type Print = (text: string) => void;

export interface ThreadCost {
  /** `main`, or what the thread is called and its id. */
  readonly name: string;
  readonly micros: number;
}

export function threadsOf(processes: readonly Measured[]): Map<number, ThreadTime[]> {
  return new Map(processes.map(({ pid }) => [pid, threadTimes(pid)]));
}

export type Threads = ReadonlyMap<number, readonly ThreadTime[]>;

export function costs(
  processes: readonly Measured[],
  before: Threads,
  after: Threads,
  units: number,
): Map<number, ThreadCost[]> {
  return new Map(
    processes.map(({ pid }) => {
      const old = new Map(before.get(pid)?.map(({ thread, cpuMicros }) => [thread, cpuMicros]));
      const taken = (after.get(pid) ?? []).map(({ thread, cpuMicros }) => ({
        name: thread,
        micros: (cpuMicros - (old.get(thread) ?? 0)) / units,
      }));
      return [pid, taken.filter(({ name }) => !name.includes("ProfEvntProc")).sort((a, b) => b.micros - a.micros)];
    }),
  );
}

/** Threads that took next to nothing are counted into their process alone. */
const SMALL_SHARE = 0.03;

/** @param unit what the costs are of, such as a job. */
export function printBudget(
  unit: string,
  processes: readonly Measured[],
  threads: ReadonlyMap<number, readonly ThreadCost[]>,
  print: Print,
): void {
  print(`  CPU µs a ${unit}, by process and its threads (without the profiler's own):`);
  const sumOf = (pid: number): number => (threads.get(pid) ?? []).reduce((sum, { micros }) => sum + micros, 0);
  for (const { name, pid } of processes) {
    const sum = sumOf(pid);
    const large = (threads.get(pid) ?? []).filter(({ micros }) => micros > SMALL_SHARE * sum);
    print(
      `    ${name.padEnd(16)} ${short(sum).padStart(6)}   ${large.map((thread) => `${thread.name} ${short(thread.micros)}`).join(", ")}`,
    );
  }
  print(`    ${"all".padEnd(16)} ${short(processes.reduce((sum, { pid }) => sum + sumOf(pid), 0)).padStart(6)}`);
}
