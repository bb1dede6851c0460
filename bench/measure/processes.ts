/** Processes as /proc shows them. */
import { readdirSync, readFileSync } from "node:fs";

/** A process and all that it has started, directly or not. */
export function processTree(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const pid of numbersIn("/proc")) {
    const parent = Number(statOf(`/proc/${pid}/stat`)?.[1]);
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const tree = [root];
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
}

/** Proportional set size in MiB: shared pages count by share. */
export function pssMib(pids: readonly number[]): number {
  return (
    pids
      .map((pid) => Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0))
      .reduce((sum, kib) => sum + kib, 0) / 1024
  );
}

/** The most that the process has had in memory since it began, in MiB. */
export function peakMib(pid: number): number {
  return Number(/^VmHWM:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) / 1024;
}

export interface ThreadTime {
  readonly thread: string;
  readonly cpuMicros: number;
}

/** CPU time of each thread that lives, main thread first. */
export function threadTimes(pid: number): ThreadTime[] {
  return numbersIn(`/proc/${pid}/task`).map((tid) => ({
    thread: tid === pid ? "main" : `${read(`/proc/${pid}/task/${tid}/comm`).trim()}:${tid}`,
    cpuMicros: Number(read(`/proc/${pid}/task/${tid}/schedstat`).split(" ")[0] ?? 0) / 1000,
  }));
}

/** CPU time of a process, its ended threads included, in microseconds; in steps of 10,000. */
export function cpuMicros(pid: number): number {
  const stat = statOf(`/proc/${pid}/stat`);
  return (Number(stat?.[11] ?? 0) + Number(stat?.[12] ?? 0)) * TICK_MICROS;
}

export interface MachineTime {
  /** What all processes of this machine have worked, in microseconds. */
  readonly busy: number;
  /** What the host of a virtual machine took for others, in microseconds. */
  readonly stolen: number;
}

export function machineTime(): MachineTime {
  const cpu = /^cpu +(.*)$/m.exec(read("/proc/stat"))?.[1] ?? "";
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = cpu.split(" ").map(Number);
  return { busy: (user + nice + system + irq + softirq) * TICK_MICROS, stolen: steal * TICK_MICROS };
}

const TICK_MICROS = 10_000;

/** The fields of a stat file that follow the name of the process: state, parent, … */
function statOf(path: string): string[] | undefined {
  const text = read(path);
  return text === "" ? undefined : text.slice(text.lastIndexOf(")") + 2).split(" ");
}

function numbersIn(folder: string): number[] {
  try {
    return readdirSync(folder)
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

/** A process that has just ended has nothing to say. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
