/** Runs a peer's program in Python, with a folder of its own for what Ray leaves behind. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runProgram, type Said } from "./run-program.ts";

/** @param script a file beside this one */
export async function runPeer(python: string, script: string, args: readonly string[]): Promise<Said> {
  const folder = await mkdtemp(join(tmpdir(), "troupe-ray-"));
  const env = { ...process.env, RAY_TMPDIR: folder, RAY_DEDUP_LOGS: "0" };
  try {
    return await runProgram(python, [join(import.meta.dirname, script), ...args], env);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
