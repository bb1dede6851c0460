/** The folder that a system keeps its state in: one of its own that goes with it, or one that the caller keeps. */
import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalError } from "./local-error.ts";

export interface StoreFolder {
  readonly path: string;
  /** It goes with the system. */
  readonly temporary: boolean;
  /** Removes it when it is temporary. */
  release(): Promise<void>;
}

/** @throws {LocalError} when it cannot be made, or a living nats-server works in it */
export async function openStoreFolder(kept: string | undefined): Promise<StoreFolder> {
  if (kept !== undefined) {
    await attempt(kept, async () => mkdir(kept, { recursive: true }));
    await refuseOccupied(kept);
    return { path: kept, temporary: false, release: async () => undefined };
  }
  const path = await attempt(tmpdir(), async () => mkdtemp(join(tmpdir(), "troupe-")));
  return {
    path,
    temporary: true,
    release: async () => rm(path, { recursive: true, force: true, maxRetries: 3 }),
  };
}

async function attempt<T>(path: string, make: () => Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (cause) {
    const full = cause instanceof Error && "code" in cause && (cause.code === "ENOSPC" || cause.code === "EDQUOT");
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw full
      ? new LocalError(
          "DiskFull",
          `there is no room in ${path}`,
          "Free some space, or choose another folder (TMPDIR, or the storeDir option)",
        )
      : new LocalError(
          "NatsStoreUnusable",
          `no folder can be made in ${path}: ${reason}`,
          "Choose a folder that can be written (TMPDIR, or the storeDir option)",
        );
  }
}

/** Two servers in one store would destroy it. Each leaves a file with its process id while it runs. */
async function refuseOccupied(folder: string): Promise<void> {
  for (const file of await readdir(folder)) {
    const pid = /^nats-server_(\d+)\.ports$/.exec(file)?.[1];
    if (pid === undefined) continue;
    if (await runsIn(Number(pid), folder)) {
      throw new LocalError(
        "NatsStoreUnusable",
        `${folder} is in use by a nats-server (process ${pid})`,
        "Stop it, or choose another folder",
      );
    }
    await rm(join(folder, file), { force: true });
  }
}

async function runsIn(pid: number, folder: string): Promise<boolean> {
  try {
    return (await readFile(`/proc/${pid}/cmdline`, "utf8")).includes(folder);
  } catch {
    return existsElsewhere(pid);
  }
}

/** Where there is no /proc: a process of this id is taken for the server. */
function existsElsewhere(pid: number): boolean {
  if (process.platform === "linux") return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
