/** Programs end by themselves, and nothing is left behind. */
import test from "ava";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { eventually } from "../../support/eventually.ts";
import { exists, isRunning } from "../../support/processes.ts";

const PROGRAM = join(import.meta.dirname, "program.ts");

for (const how of ["by itself", "closed, with calls that never end", "by process.exit"]) {
  test(`a program that ends ${how} leaves nothing behind`, async (t) => {
    const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, how], { timeout: 60_000 });
    const { pids, folder } = JSON.parse(stdout) as { pids: number[]; folder: string };
    t.true(pids.length >= 4, stdout);
    await eventually("its processes have ended", () => !pids.some(isRunning));
    await eventually("its folder has gone", () => !exists(folder));
  });
}
