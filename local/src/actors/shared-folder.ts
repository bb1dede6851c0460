/** The folder of shared objects on this machine, in memory where there is such a thing. Goes with the group. */
import type { FileKeeper } from "@troupe/runtime-image";
import { linkSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

const MEMORY = "/dev/shm";
/** Links of processes that died are looked for this often. */
const SWEEP_MS = 2_000;

export interface SharedFolder extends Disposable {
  readonly path: string;
  /** Links of our own, for actors that may begin anew. */
  readonly files: FileKeeper;
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
    files: new KeptLinks(path),
    [Symbol.dispose]: () => {
      clearInterval(sweeper);
      rmSync(path, { recursive: true, force: true });
    },
  };
}

class KeptLinks implements FileKeeper {
  readonly #folder: string;
  readonly #links = new Map<string, readonly string[]>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  get keeps(): readonly string[] {
    return [...this.#links.keys()];
  }

  /** What is gone already is said by the constructor that looks for it. */
  keep(actor: string, files: readonly string[]): void {
    if (this.#links.has(actor)) return;
    const links: string[] = [];
    this.#links.set(actor, links);
    for (const file of new Set(files)) {
      const [object = ""] = basename(file).split(".", 1);
      const link = join(this.#folder, `${object}.${process.pid}.${actor}`);
      if (!tryLink(file, link)) continue;
      links.push(link);
    }
  }

  release(actor: string): void {
    for (const link of this.#links.get(actor) ?? []) rmSync(link, { force: true });
    this.#links.delete(actor);
  }
}

function tryLink(file: string, link: string): boolean {
  try {
    linkSync(file, link);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
    throw error;
  }
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
