/** The folder of shared objects on this machine, in memory where there is such a thing. Goes with the group. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MEMORY = "/dev/shm";
/** Links of processes that died are looked for this often. */
const SWEEP_MS = 2_000;

export interface SharedFolder extends Disposable {
  readonly path: string;
}

export function openSharedFolder(): SharedFolder {
  const root = join(
    statSync(MEMORY, { throwIfNoEntry: false })?.isDirectory() === true ? MEMORY : tmpdir(),
    "troupe-shared",
  );
  mkdirSync(root, { recursive: true });
  sweepFolders(root);
  const path = mkdtempSync(join(root, `${process.pid}-`));
  const sweeper = setInterval(() => {
    sweepLinks(path);
  }, SWEEP_MS);
  sweeper.unref();
  return {
    path,
    [Symbol.dispose]: () => {
      clearInterval(sweeper);
      rmSync(path, { recursive: true, force: true });
    },
  };
}

/** Folders of groups whose keeper was killed. */
function sweepFolders(root: string): void {
  for (const name of readdirSync(root)) {
    const pid = Number(name.split("-", 1)[0]);
    if (!isAlive(pid)) rmSync(join(root, name), { recursive: true, force: true });
  }
}

/** A link is named `<object>.<process>.<thread>`. */
function sweepLinks(path: string): void {
  for (const name of readdirSync(path)) {
    const pid = Number(name.split(".").at(-2));
    if (!isAlive(pid)) rmSync(join(path, name), { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // One of another user lives, though we may not signal it.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
