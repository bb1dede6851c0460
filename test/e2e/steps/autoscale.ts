/** A group that is as large as its own queue: none, some, none again. */
import type { JobOutcome } from "@troupe/sdk";
import type { ExecutionContext } from "ava";
import { eventually } from "../../support/eventually.ts";
import { at } from "../support/helm.ts";
import {
  applyReady,
  conditionOf,
  podNames,
  remove,
  said,
  TEAM,
  workPipeline,
  type Step,
  type World,
} from "../support/world.ts";

const MOST = 3;
const AUTOSCALE = `{ maxReplicas: ${MOST}, idleSeconds: 5 }`;
const BURST = Array.from({ length: 40 }, (_, index) => index);
const LIMIT_MS = 180_000;

/** Pods on their way out count. */
async function pods(world: World): Promise<number> {
  return (await podNames(world, "troupe.dev/pipeline=elastic")).length;
}

async function isAtZero(t: ExecutionContext, world: World): Promise<void> {
  await eventually("there is no pod", async () => (await pods(world)) === 0, LIMIT_MS);
  const reason = async (): Promise<unknown> => (await conditionOf(world, "group/elastic-g", "Ready"))?.reason;
  await eventually("the Group says that it is idle", async () => (await reason()) === "ScaledToZero", LIMIT_MS);
  const group = await world.cluster.json(["get", "group", "elastic-g", "--namespace", TEAM]);
  t.is(at(group, "status.desiredReplicas"), 0);
  await world.cluster.wait(TEAM, "pipeline/elastic", "condition=Ready");
}

export function describeAutoscale(step: Step, world: () => World): void {
  step(
    "an autoscaled group has no pod until a job comes, more for more jobs, and none when all are done",
    async (t) => {
      t.timeout(900_000);
      const group = { name: "g", ms: 100, autoscale: AUTOSCALE, resources: '{ cpu: "0.05" }' };
      await applyReady(world(), "elastic", workPipeline("elastic", [group]));
      await isAtZero(t, world());
      await using client = await world().door.client(TEAM, "elastic");
      const outcomes: JobOutcome[] = [];
      const run = async (inputs: readonly number[]): Promise<readonly JobOutcome[]> => {
        const ended = await client.runMany(inputs);
        t.deepEqual(said(ended, "input"), inputs);
        outcomes.push(...ended);
        return ended;
      };
      await run([1]);
      // Jobs as many as it takes until all replicas have worked, however long their pods take to start.
      const busy = new Set<unknown>();
      const isSpread = async (): Promise<boolean> => {
        for (const replica of said(await run(BURST), "replica")) busy.add(replica);
        return busy.size >= MOST;
      };
      await eventually(`${MOST} replicas have worked`, isSpread, LIMIT_MS);
      // What goes is idle, although there is work all the time.
      const isNarrow = async (): Promise<boolean> => {
        await run([2]);
        return (await pods(world())) === 1;
      };
      await eventually("one job at a time is for one replica", isNarrow, LIMIT_MS);
      await isAtZero(t, world());
      await run([3]);
      t.deepEqual(new Set(said(outcomes, "attempt")), new Set([1]), "no attempt was charged");
      t.log(`${outcomes.length} jobs by ${new Set(said(outcomes, "replica")).size} pods`);
      await remove(world(), "elastic");
    },
  );
}
