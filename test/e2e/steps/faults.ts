import type { IndexedOutcome } from "@troupe/sdk";
import { setTimeout as delay } from "node:timers/promises";
import { eventually } from "../../support/eventually.ts";
import { RELEASE, SYSTEM } from "../support/installation.ts";
import { applyReady, podNames, said, TEAM, untilSays, workPipeline, type Step, type World } from "../support/world.ts";

const JOBS = Array.from({ length: 300 }, (_, index) => index);

/** Jobs are on their way while something dies; all of them come back, in order. */
async function underFire(world: World, fault: () => Promise<void>): Promise<readonly IndexedOutcome[]> {
  await using client = await world.door.client(TEAM, "steady");
  const running = client.runMany(JOBS, { concurrency: 60 });
  await delay(1_000);
  await fault();
  return await running;
}

export function describeFaults(step: Step, world: () => World): void {
  step("a pipeline that works on three hundred jobs", async (t) => {
    const groups = [
      { name: "first", ms: 20, replicas: 2 },
      { name: "second", ms: 20, replicas: 2 },
    ];
    await applyReady(world(), "steady", workPipeline("steady", groups));
    t.deepEqual(said(await underFire(world(), async () => undefined), "input"), JOBS);
  });

  step("a killed pod loses nothing", async (t) => {
    const outcomes = await underFire(world(), async () => {
      const [pod = ""] = await podNames(world(), "troupe.dev/pipeline=steady,troupe.dev/group=first");
      await world().cluster.kubectl(["delete", "pod", pod, "--namespace", TEAM, "--grace-period=0", "--force"]);
    });
    t.deepEqual(said(outcomes, "input"), JOBS);
  });

  step("killed coordinators lose nothing", async (t) => {
    const outcomes = await underFire(world(), async () => {
      const selector = "app.kubernetes.io/component=coordinator";
      for (const pod of await podNames(world(), selector, SYSTEM)) {
        await world().cluster.kubectl(["delete", "pod", pod, "--namespace", SYSTEM, "--grace-period=0", "--force"]);
        await delay(1_500);
      }
    });
    t.deepEqual(said(outcomes, "input"), JOBS);
  });

  step("a killed nats-server loses nothing", async (t) => {
    const nats = `${RELEASE}-nats-0`;
    const outcomes = await underFire(world(), async () => {
      await world().cluster.kubectl(["delete", "pod", nats, "--namespace", SYSTEM, "--grace-period=0", "--force"]);
    });
    t.deepEqual(said(outcomes, "input"), JOBS);
  });

  step("NATS that is away is the cause that Pipeline and Group give; jobs wait for it, and go on", async (t) => {
    const { cluster } = world();
    const scale = async (replicas: number): Promise<void> => {
      await cluster.kubectl(["scale", `statefulset/${RELEASE}-nats`, "--namespace", SYSTEM, `--replicas=${replicas}`]);
    };
    const ready = async (resource: string, expected: RegExp): Promise<void> => {
      t.log(await untilSays(world(), resource, "Ready", expected));
    };
    const outcomes = await underFire(world(), async () => {
      await scale(0);
      await ready("pipeline/steady", /^False NatsUnreachable: NATS at nats:\/\/\S+ was reached, and is not any more/);
      const [pod = ""] = await podNames(world(), "troupe.dev/pipeline=steady,troupe.dev/group=first");
      await cluster.kubectl(["delete", "pod", pod, "--namespace", TEAM, "--grace-period=0", "--force"]);
      await ready("group/steady-first", /^False NatsUnreachable: 1 of 2 replicas are ready\. NATS at /);
      await scale(1);
    });
    t.deepEqual(said(outcomes, "input"), JOBS);
    await ready("group/steady-first", /^True ReplicasReady/);
    await ready("pipeline/steady", /^True AllGroupsReady/);
  });

  step("a node that is drained charges no attempt", async (t) => {
    const { cluster } = world();
    const drain = [
      "drain",
      "--pod-selector=troupe.dev/pipeline=steady",
      "--force",
      "--delete-emptydir-data",
      "--timeout=100s",
    ];
    const [node = ""] = (await cluster.kubectl(["get", "nodes", "-o", "name"])).trim().split("\n");
    const before = await podNames(world(), "troupe.dev/pipeline=steady");
    const outcomes = await underFire(world(), async () => {
      const drained = cluster.kubectl([...drain, node.replace("node/", "")], { timeoutMs: 110_000 });
      // There is no other node: what is evicted comes back to this one.
      const opened = (async () => {
        await delay(1_000);
        await cluster.kubectl(["uncordon", node.replace("node/", "")]);
      })();
      await Promise.all([drained, opened]);
    });
    t.deepEqual(said(outcomes, "input"), JOBS);
    t.deepEqual(new Set(said(outcomes, "attempts").flat()), new Set([1]), "of every module on the way");
    await eventually("all pods were replaced", async () => {
      const after = await podNames(world(), "troupe.dev/pipeline=steady");
      return after.length === before.length && after.every((pod) => !before.includes(pod));
    });
  });
}
