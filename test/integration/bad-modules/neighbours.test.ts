/** Two jobs in one host, of which one ends it: only the guilty one is charged. */
import type { JobOutcome } from "@troupe/sdk";
import test from "ava";
import { withBad, type BadSystem } from "./bad-system.ts";
import type { Order } from "./modules/obey.ts";

/** The guilty job's error, beside a neighbour that ran in the same host and is done at its first attempt. */
async function beside(system: BadSystem, guilty: Order): Promise<{ guilty: JobOutcome; neighbour: JobOutcome }> {
  const [neighbour, ended] = await Promise.all([
    system.order({ do: "sleep", ms: 600 }),
    system.order({ ...guilty, after: 200 }),
  ]);
  return { guilty: ended, neighbour };
}

const SHARED = { group: { concurrency: 2 } };

for (const [what, setting, order, error] of [
  ["exits the process", SHARED, { do: "exit" }, { code: "HostExited" }],
  [
    "runs out of memory",
    { group: { concurrency: 2, memory: "64Mi" } },
    { do: "allocate" },
    { code: "HostOutOfMemory" },
  ],
  ["blocks the thread", { ...SHARED, timeoutSeconds: 1.5 }, { do: "block", ms: 60_000 }, { code: "HostUnresponsive" }],
  ["ignores its signal", { ...SHARED, timeoutSeconds: 1.5 }, { do: "ignore" }, { code: "HostUnresponsive" }],
  ["ends the replica", SHARED, { do: "kill" }, { code: "ReplicaLost" }],
] as const) {
  test.serial(`a neighbour of a job that ${what} is not charged`, async (t) => {
    await withBad(t, setting, async (system) => {
      const { guilty, neighbour } = await beside(system, order);
      t.like(guilty, { state: "failed", error: { ...error, module: "bad", group: "g2", replica: "g2-0", attempt: 2 } });
      t.like(neighbour, { state: "done", result: { bad: { attempt: 1 } } });
      await system.serves();
    });
  });
}
