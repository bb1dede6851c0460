import {
  blockOf,
  criticalPath,
  follows,
  mostAtOnce,
  orderOf,
  overlap,
  runOf,
  runsOf,
} from "../../conformance/timeline.ts";
import { eventually } from "../../support/eventually.ts";
import { at, listAt } from "../support/helm.ts";
import { applyReady, exampleManifest, remove, TEAM, type Step, type World } from "../support/world.ts";

const JOBS = ["Job1", "Job2", "Job3"];

/** The examples' manifests as they stand; their sleeps are whole seconds, which no noise reaches. */
export function describeExamples(step: Step, world: () => World): void {
  step(
    "simple, as the pages have it: three jobs interlace, and the way through them is eight modules long",
    async (t) => {
      const { pages, door } = world();
      await pages.type(
        "helm upgrade troupe charts/troupe --namespace troupe-system --reuse-values \\\n  --set gpu.shared",
      );
      const applied = [
        "kubectl apply -f examples/simple/kubernetes.yaml",
        "kubectl wait --for=condition=Ready pipeline/simple",
      ];
      await pages.type(applied, { timeoutMs: 180_000 });
      const answer = await pages.type(
        ["kubectl --namespace troupe-system get secret", "kubectl --namespace troupe-system port-f", "nats"],
        {
          cwd: door.folder,
          last: "kill $!",
        },
      );
      const [, id = ""] = /"id": ?"([^"]+)"/.exec(answer) ?? [];
      await using client = await door.client("default", "simple");
      t.is((await client.job(id).outcome()).state, "done", answer);
      const outcomes = await client.runMany(JOBS);
      t.deepEqual(
        outcomes.map(({ state }) => state),
        ["done", "done", "done"],
      );
      const runs = runsOf(outcomes);
      t.is(runs.length, 15);
      for (const module of ["A", "B", "C", "D", "E"]) t.deepEqual(orderOf(runs, module), [0, 1, 2]);
      t.true(overlap(blockOf(runs, "g1", 0), blockOf(runs, "g2", 0)), "roots run side by side");
      t.true(overlap(blockOf(runs, "g1", 1), blockOf(runs, "g3", 0)), "g3 has the first job while g1 has the second");
      t.true(overlap(blockOf(runs, "g1", 2), blockOf(runs, "g3", 1)), "g3 has the second job while g1 has the third");
      const graph = { B: ["A"], D: ["B", "C"], E: ["D"] };
      t.is(criticalPath(runs, graph).length, 8, criticalPath(runs, graph).join(" "));
      const pods = new Set(runs.map(({ replica }) => replica));
      t.is(pods.size, 3, "a pod for each group");
    },
  );

  step("kubectl get shows what there is", async (t) => {
    const { pages } = world();
    const show = async (): Promise<string> => pages.type("kubectl get pipelines,groups");
    t.regex(await show(), /^NAME +READY +GROUPS +QUEUED +RUNNING +DONE +FAILED +AGE$/m);
    // Counters follow within fifteen seconds.
    await eventually(
      "the jobs are counted",
      async () => /^pipeline\.troupe\.dev\/simple +True +3\/3 +0 +0 +4 +0 +\S+$/m.test(await show()),
      60_000,
    );
    const shown = await show();
    t.is(shown.match(/^group\.troupe\.dev\/simple\S* +simple +True +1\/?1?/gm)?.length, 3, shown);
    t.regex(await pages.type("kubectl delete pipelines --all"), /"simple" deleted/);
  });

  step("module-start: D starts when A and C are done, while B of A's group still runs", async (t) => {
    await applyReady(world(), "module-start", await exampleManifest("module-start"));
    await using client = await world().door.client(TEAM, "module-start");
    const runs = runsOf([await client.outcome("Job1")]);
    const [A, B, C, D] = [runOf(runs, "A", 0), runOf(runs, "B", 0), runOf(runs, "C", 0), runOf(runs, "D", 0)];
    t.true(follows(D, A) && follows(D, C));
    t.true(D.endedAt < B.endedAt);
    await remove(world(), "module-start");
  });

  step("actor-pool: three replicas work on three jobs at once, and a fourth waits", async (t) => {
    await applyReady(world(), "actor-pool", await exampleManifest("actor-pool"));
    await using client = await world().door.client(TEAM, "actor-pool");
    const outcomes = await client.runMany([...JOBS, "Job4"]);
    t.deepEqual(
      outcomes.map(({ state }) => state),
      ["done", "done", "done", "done"],
    );
    const runs = runsOf(outcomes);
    const pool = [0, 1, 2, 3].map((job) => blockOf(runs, "g2", job));
    t.is(mostAtOnce(pool), 3);
    const first = orderOf(runs, "B").slice(0, 3);
    const last = orderOf(runs, "B")[3] ?? -1;
    t.true(
      first.some((job) => follows(runOf(runs, "B", last), runOf(runs, "B", job))),
      "the fourth waits for one of the others",
    );
    await remove(world(), "actor-pool");
  });

  step("resources: a whole GPU and half of one are placed, and both groups work at once", async (t) => {
    const { cluster } = world();
    // Four CPUs are scaled to what this machine has.
    const manifest = (await exampleManifest("resources")).replace("cpu: 4,", 'cpu: "0.4",');
    await applyReady(world(), "resources", manifest);
    const limits = await cluster.json([
      "get",
      "pods",
      "--namespace",
      TEAM,
      "--selector",
      "troupe.dev/pipeline=resources",
    ]);
    const claimed = listAt(limits, "items").map((pod) => at(pod, "spec.containers.0.resources.limits"));
    t.deepEqual(claimed.flatMap((limit) => (limit === undefined ? [] : [JSON.stringify(limit)])).toSorted(), [
      '{"nvidia.com/gpu":"1"}',
      '{"nvidia.com/gpu.shared":"1"}',
    ]);
    await using client = await world().door.client(TEAM, "resources");
    const runs = runsOf(await client.runMany(JOBS));
    t.is(runs.length, 9);
    t.true(overlap(runOf(runs, "A", 0), runOf(runs, "B", 0)), "A and B run side by side");
    t.true(overlap(runOf(runs, "A", 1), runOf(runs, "C", 0)), "C has the first job while A has the second");
    t.is(criticalPath(runs, { C: ["A", "B"] }).length, 4);
    await remove(world(), "resources");
  });

  step("aggregate: words of many texts, counted by two replicas, processed once", async (t) => {
    await applyReady(world(), "aggregate", await exampleManifest("aggregate"));
    await using client = await world().door.client(TEAM, "aggregate");
    const outcomes = await client.runMany(["one two three", "four five", "six"]);
    t.deepEqual(
      outcomes.map(({ state }) => state),
      ["done", "done", "done"],
    );
    const { total } = await client.process();
    t.regex(JSON.stringify(total), /6/);
    await remove(world(), "aggregate");
  });
}
