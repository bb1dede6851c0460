import { setTimeout as delay } from "node:timers/promises";
import { eventually } from "../../support/eventually.ts";
import { Door, install, RELEASE, SYSTEM } from "../support/installation.ts";
import { listAt } from "../support/helm.ts";
import { applyReady, said, TEAM, workPipeline, type Step, type World } from "../support/world.ts";

const JOBS = Array.from({ length: 200 }, (_, index) => index);

export function describeOperations(step: Step, world: () => World): void {
  step("an upgrade with jobs in flight loses none", async (t) => {
    const { cluster } = world();
    await using client = await world().door.client(TEAM, "steady");
    const upgraded = new AbortController();
    const running = (async () => {
      const rounds = [];
      while (!upgraded.signal.aborted) rounds.push(await client.runMany(JOBS, { concurrency: 40 }));
      return rounds;
    })();
    await delay(1_000);
    const marks = ["operator", "coordinator"].map((component) => `${component}.podAnnotations.rolled=again`);
    await install(cluster, marks);
    upgraded.abort();
    const rounds = await running;
    t.true(rounds.length >= 1);
    for (const outcomes of rounds) t.deepEqual(said(outcomes, "input"), JOBS);
    t.log(`${rounds.length * JOBS.length} jobs during the upgrade`);
  });

  step("uninstalling leaves CRDs and Pipelines, and nothing is stuck", async (t) => {
    const { cluster } = world();
    await cluster.helm(["uninstall", RELEASE, "--namespace", SYSTEM, "--wait", "--timeout", "2m"], {
      timeoutMs: 150_000,
    });
    const names = await cluster.kubectl([
      "get",
      "pipelines",
      "--all-namespaces",
      "-o",
      "jsonpath={.items[*].metadata.name}",
    ]);
    t.is(names, "steady");
    const crds = await cluster.kubectl(["get", "crds", "-o", "name"]);
    t.regex(crds, /pipelines\.troupe\.dev/);
    const deleting = await cluster.kubectl([
      "get",
      "pipelines,groups",
      "--all-namespaces",
      "-o",
      "jsonpath={.items[*].metadata.deletionTimestamp}",
    ]);
    t.is(deleting, "");
    await cluster.kubectl(["delete", "pipeline", "steady", "--namespace", TEAM, "--timeout=30s"]);
    await eventually(
      "garbage collection takes what belonged to it",
      async () => {
        const left = await cluster.json(["get", "groups,deployments,pods", "--namespace", TEAM]);
        return listAt(left, "items").length === 0;
      },
      60_000,
    );
  });

  step("purge: Pipelines go first, with all that belongs to them; the keys go too", async (t) => {
    const { cluster } = world();
    await install(cluster, ["purge=true"]);
    await world().door[Symbol.asyncDispose]();
    world().door = await Door.open(cluster);
    await applyReady(world(), "steady", workPipeline("steady", [{ name: "first", ms: 1 }]));
    await using client = await world().door.client(TEAM, "steady");
    t.deepEqual(said(await client.runMany([1, 2, 3]), "input"), [1, 2, 3]);
    await cluster.helm(["uninstall", RELEASE, "--namespace", SYSTEM, "--wait", "--timeout", "3m"], {
      timeoutMs: 200_000,
    });
    t.is(await cluster.kubectl(["get", "pipelines,groups", "--all-namespaces", "-o", "name"]), "");
    t.notRegex(await cluster.kubectl(["get", "secrets", "--namespace", SYSTEM, "-o", "name"]), /nats-keys/);
  });
}
