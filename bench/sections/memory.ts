/** What a pipeline takes when nothing is asked of it: program, nats-server, coordinator and three replicas. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { processTree, pssMib } from "../measure/processes.ts";
import { atMost } from "../report/figure.ts";
import { BUILD_FOLDER } from "../system/bundle.ts";
import { MODULES } from "../system/pipelines.ts";
import { Skipped, type Section } from "./section.ts";

const IDLE_MIB = atMost(250);
const SETTLE_MS = 3_000;

export const memory: Section = {
  name: "memory",
  title: "Memory of an idle pipeline on this machine",
  run: async () => {
    if (process.platform !== "linux") throw new Skipped("/proc/PID/smaps_rollup is there on Linux only");
    const program = spawn(process.execPath, [join(BUILD_FOLDER, "idle.js"), MODULES], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    try {
      await Promise.race([once(program.stdout, "data"), once(program, "exit")]);
      if (program.exitCode !== null || program.pid === undefined) throw new Error("the idle program ended");
      await delay(SETTLE_MS);
      const tree = processTree(program.pid);
      const value = pssMib(tree);
      return [
        {
          id: "memory.idle",
          text: "three groups, all processes (PSS)",
          unit: "MiB",
          value,
          target: IDLE_MIB,
          note: shares(tree),
        },
      ];
    } finally {
      program.stdin.end();
      if (program.exitCode === null) await once(program, "exit");
    }
  },
};

function shares(tree: readonly number[]): string {
  return tree
    .map((pid) => pssMib([pid]))
    .filter((mib) => mib >= 1)
    .map((mib) => mib.toFixed(0))
    .join(" + ");
}
