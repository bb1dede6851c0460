/** What runs on this machine, as /proc shows it. */
import { existsSync, readdirSync, readFileSync } from "node:fs";

/** Whether a process exists and is no zombie. */
export function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3) !== "Z";
  } catch {
    return false;
  }
}

/** Ids of living processes whose command line or environment has `text` in it. */
export function processesWith(text: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter(
      (pid) =>
        pid !== process.pid &&
        isRunning(pid) &&
        (fileHas(`/proc/${pid}/cmdline`, text) || fileHas(`/proc/${pid}/environ`, text)),
    );
}

export function exists(path: string): boolean {
  return existsSync(path);
}

function fileHas(path: string, text: string): boolean {
  try {
    return readFileSync(path, "utf8").includes(text);
  } catch {
    return false;
  }
}

/** Which process started it; 0 when it does not run. */
export function parentOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return 0;
  }
}
