/** What this machine has to claim: cores, and the GPUs that its driver shows. */
import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { promisify } from "node:util";
import type { Machine } from "./ledger.ts";

export interface MachineOptions {
  /** CPUs to count with. Default: the cores that this process may use. */
  readonly cpus?: number | undefined;
  /** GPUs to count with. Default: those that the NVIDIA driver shows; none when there is no driver. */
  readonly gpus?: number | undefined;
}

export async function observeMachine({ cpus, gpus }: MachineOptions): Promise<Machine> {
  return { cpus: cpus ?? availableParallelism(), gpus: gpus ?? (await countGpus()) };
}

/** The driver's own list is asked first: it answers at once, where nvidia-smi may take a second. */
async function countGpus(): Promise<number> {
  return (await listed("/proc/driver/nvidia/gpus")) ?? (await namedBySmi()) ?? 0;
}

async function listed(folder: string): Promise<number | undefined> {
  try {
    return (await readdir(folder)).length;
  } catch {
    return undefined;
  }
}

async function namedBySmi(): Promise<number | undefined> {
  try {
    const { stdout } = await promisify(execFile)("nvidia-smi", ["-L"], { timeout: 5_000 });
    return stdout.split("\n").filter((line) => line.startsWith("GPU ")).length;
  } catch {
    return undefined;
  }
}
