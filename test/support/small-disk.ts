/** A file system of its own, so small that a test can fill it. Linux lets only root mount one. */
import { execFile } from "node:child_process";
import { mkdtemp, open, rm, rmdir, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const MEBI = 1024 * 1024;

export class SmallDisk implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** @returns why none can be here, as the system says it. */
  static async mount(mebibytes: number): Promise<SmallDisk | string> {
    if (process.platform !== "linux") return "a file system in memory is mounted on Linux alone";
    const path = await mkdtemp(join(tmpdir(), "troupe-disk-"));
    try {
      await run("mount", ["-t", "tmpfs", "-o", `size=${mebibytes}m`, "troupe-test", path]);
      return new SmallDisk(path);
    } catch (error) {
      await rmdir(path);
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** Until no byte is left. */
  async fill(): Promise<void> {
    const file = await open(join(this.path, "ballast"), "a");
    try {
      for (const bytes of [MEBI, 4_096]) await writeWhile(file, Buffer.alloc(bytes));
    } finally {
      await file.close();
    }
  }

  /** Takes away what filled it. */
  async empty(): Promise<void> {
    await rm(join(this.path, "ballast"));
  }

  async freeBytes(): Promise<number> {
    const { bavail, bsize } = await statfs(this.path);
    return bavail * bsize;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await run("umount", [this.path]);
    await rmdir(this.path);
  }
}

async function writeWhile(file: Awaited<ReturnType<typeof open>>, bytes: Uint8Array): Promise<void> {
  for (;;) {
    try {
      await file.writeFile(bytes);
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOSPC") return;
      throw error;
    }
  }
}
