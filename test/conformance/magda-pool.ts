/** MAGDA's actor pool: replicas of one group, of which every job meets one. */
import type { Pipeline } from "@troupe/sdk";
import test, { type ExecutionContext } from "ava";
import { articleOf, pipelineOf, refusalOf } from "./pipelines.ts";
import type { MakeSystem, System } from "./system.ts";
import { blockOf, criticalPath, follows, mostAtOnce, orderOf, runOf, runsOf, type Run } from "./timeline.ts";

const CHAIN = { B: ["A"], C: ["B"] };
const JOBS = ["Job1", "Job2", "Job3"];
/** Seconds in the article. */
const UNITS: Readonly<Record<string, number>> = { A: 1, B: 5, C: 1 };

/** Registers the cases with ava. `name` says where the systems run that `makeSystem` starts. */
export function describeSystem(name: string, makeSystem: MakeSystem): void {
  describeOneReplica(name, makeSystem);
  describeThreeReplicas(name, makeSystem);
  describeSharing(name, makeSystem);
}

/** The article's pipeline, code-first. */
function poolOf(replicas: number): Pipeline<string> {
  return pipelineOf("actor-pool")
    .addGroup({ name: "g2", replicas })
    .addModule("A", "example-module", { group: "g1" })
    .addModule("B", "long-running-module", { group: "g2", dependsOn: "A" })
    .addModule("C", "example-module", { group: "g3", dependsOn: "B" });
}

function describeOneReplica(name: string, makeSystem: MakeSystem): void {
  test.serial(`${name}: one replica: three jobs take 17 of the 21 units, since all wait for it`, async (t) => {
    await using system = await makeSystem(poolOf(1));
    const runs = runsOf(await system.client.runMany(JOBS));
    t.is(mostAtOnce(of(runs, "B")), 1);
    const path = criticalPath(runs, CHAIN);
    t.deepEqual(path, ["A", "B", "B", "B", "C"]);
    t.is(unitsOf(path), 17);
    t.is(unitsOf(runs.map(({ module }) => module)), 21);
  });
}

function describeThreeReplicas(name: string, makeSystem: MakeSystem): void {
  test.serial(`${name}: actor-pool.yml: three replicas: 9 units, a fourth job waits for a replica`, async (t) => {
    const article = await articleOf("actor-pool.yml");
    const { groups } = article.toManifest().spec;
    t.deepEqual(groups, [{ name: "g2", replicas: 3 }]);
    await using system = await makeSystem(article);
    // On a busy machine the second C may end before the third B does, or one A take as long as all three.
    const isNine = (seen: readonly Run[]): boolean => unitsOf(criticalPath(seen, CHAIN)) === 9;
    const runs = await untilAllAtOnce(t, system, JOBS, { count: 3, isWanted: isNine });
    t.is(new Set(of(runs, "B").map(({ replica }) => replica)).size, 3);
    const path = criticalPath(runs, CHAIN);
    t.is(unitsOf(path), 9, path.join(" "));
    t.is(path.filter((module) => module === "B").length, 1, "no job waits for another's B");

    const more = await untilAllAtOnce(t, system, [...JOBS, "Job4"], { count: 3 });
    const long = of(more, "B");
    t.is(long.length, 4);
    const [first] = long.filter(({ job }) => job < 3).toSorted((a, b) => a.endedAt - b.endedAt);
    const fourth = runOf(more, "B", 3);
    t.true(follows(fourth, first!), "the fourth waits until a replica is free");
    const before = long.find(({ job, replica }) => job < 3 && replica === fourth.replica);
    t.true(follows(fourth, before!), "and gets one that is free");
    // One, where the fourth A was so late that a replica was free already.
    t.true(criticalPath(more, CHAIN).filter((module) => module === "B").length <= 2, "two in a row, and not three");
  });
}

interface Wanted {
  /** Replicas at work at the same time. */
  readonly count: number;
  /** What else has to hold. */
  readonly isWanted?: (runs: readonly Run[]) => boolean;
}

/** A replica that gets no processor time for a moment misses the others; never more than there are work at the same time. The number of rounds is logged: one, where nothing is amiss. */
async function untilAllAtOnce(
  t: ExecutionContext,
  system: System,
  jobs: readonly string[],
  { count, isWanted = () => true }: Wanted,
): Promise<Run[]> {
  for (let round = 1; ; round++) {
    const runs = runsOf(await system.client.runMany(jobs));
    const most = mostAtOnce(of(runs, "B"));
    if (most === count && isWanted(runs)) {
      t.log(`${jobs.length} jobs: ${count} replicas at once in round ${round} of ${MOST_ROUNDS} at most`);
      return runs;
    }
    if (most > count || round === MOST_ROUNDS) {
      const path = criticalPath(runs, CHAIN).join(" ");
      throw new Error(`in round ${round}, ${most} replicas worked at the same time, not ${count}; its way was ${path}`);
    }
  }
}

const MOST_ROUNDS = 15;

function describeSharing(name: string, makeSystem: MakeSystem): void {
  test.serial(`${name}: five replicas run every job once, five at a time, and the sum is right`, async (t) => {
    const pipeline = pipelineOf("sharing")
      .addGroup({ name: "g2", replicas: 5 })
      .addModule("A", "label", { group: "g1" })
      .addModule("B", "times", { group: "g2", dependsOn: "A", parameters: { factor: 3 }, expose: true });
    await using system = await makeSystem(pipeline);
    const inputs = [1, 2, 3, 4, 5, 6, 7, 8];
    const outcomes = await system.client.runMany(inputs);
    const values = outcomes.map((outcome) => (outcome.state === "done" ? Number(outcome.result["B"]) : NaN));
    t.deepEqual(values, [3, 6, 9, 12, 15, 18, 21, 24]);
    t.is(
      values.reduce((sum, value) => sum + value, 0),
      108,
    );
    const runs = runsOf(outcomes);
    t.is(of(runs, "B").length, 8);
    t.true(of(runs, "B").every(({ attempt }) => attempt === 1));
    t.true(mostAtOnce(of(runs, "B")) <= 5);
    t.is(new Set(of(runs, "B").map(({ replica }) => replica)).size, 5);
    for (const replica of new Set(runs.map((run) => run.replica)))
      t.is(mostAtOnce(runs.filter((run) => run.replica === replica)), 1, `${replica} works on one job at a time`);
    t.deepEqual(orderOf(runs, "A"), [0, 1, 2, 3, 4, 5, 6, 7]);
  });

  test.serial(`${name}: all modules of a block run in one replica, whichever that is`, async (t) => {
    const pipeline = pipelineOf("blocks")
      .addGroup({ name: "g2", replicas: 3 })
      .addModule("A", "facts", { group: "g2" })
      .addModule("B", "facts", { group: "g2", dependsOn: "A", expose: true })
      .addModule("C", "facts", { group: "g2", dependsOn: ["A", "B"], expose: true });
    await using system = await makeSystem(pipeline);
    const outcomes = await system.client.runMany(Array.from({ length: 9 }, (_, index) => index));
    const runs = runsOf(outcomes);
    for (const { index } of outcomes) {
      const replicas = new Set(runs.filter(({ job }) => job === index).map(({ replica }) => replica));
      t.is(replicas.size, 1, `job ${index}`);
      t.true(follows(runOf(runs, "C", index), runOf(runs, "B", index)));
    }
    t.true(mostAtOnce(outcomes.map(({ index }) => blockOf(runs, "g2", index))) <= 3);
  });

  test.serial(`${name}: a replica whose module raises serves on, and so do the others`, async (t) => {
    const pipeline = pipelineOf("survivors")
      .addGroup({ name: "g1", replicas: 2 })
      .addModule("A", "label", { group: "g1", expose: true });
    await using system = await makeSystem(pipeline);
    const inputs = Array.from({ length: 12 }, (_, index) => (index % 3 === 0 ? "fail A" : `R${index}`));
    const outcomes = await system.client.runMany(inputs);
    t.deepEqual(
      outcomes.map((outcome) => (outcome.state === "done" ? outcome.result["A"] : outcome.state)),
      inputs.map((input) => (input === "fail A" ? "failed" : `A:${input}`)),
    );
    t.deepEqual(await system.client.run("after"), { A: "A:after" });
  });

  test.serial(`${name}: what follows an aggregate may be replicated, the aggregate itself may not`, async (t) => {
    const build = (replicated: string): Pipeline<string> =>
      pipelineOf("after-aggregate")
        .addGroup({ name: replicated, replicas: 3 })
        .addModule("R", "label", { group: "g1" })
        .addModule("AGG", "collect", { group: "g2", dependsOn: "R" })
        .addModule("AF", "count", { group: "g3", dependsOn: "AGG", expose: true });
    t.regex(refusalOf(await t.throwsAsync(makeSystem(build("g2")))), /AggregateNotReplicable: .*"g2"/);
    await using system = await makeSystem(build("g3"));
    await system.client.runMany(["R1", "R2"]);
    t.deepEqual(await system.client.process(), { AF: [2] });
  });

  test.serial(`${name}: every replica claims for itself`, async (t) => {
    const build = (): Pipeline<string> =>
      pipelineOf("claims")
        .addGroup({ name: "g1", replicas: 4, gpu: 1 })
        .addModule("A", "facts", { group: "g1", expose: true });
    const refused = await t.throwsAsync(makeSystem(build(), { cpus: 8, gpus: 3 }));
    t.regex(refused.message, /4 GPUs, and there are 3.*--gpus 4/s);
    await using system = await makeSystem(build(), { cpus: 4, gpus: 4 });
    const outcomes = await system.client.runMany(Array.from({ length: 12 }, (_, index) => index));
    const gpus = outcomes.map((outcome) => (outcome.state === "done" ? gpusOf(outcome.result["A"]) : outcome.state));
    t.deepEqual([...new Set(gpus)].toSorted(), ["0", "1", "2", "3"], "each sees a GPU of its own");
  });
}

function gpusOf(facts: unknown): string {
  return typeof facts === "object" && facts !== null && "gpus" in facts ? String(facts.gpus) : "";
}

function of(runs: readonly Run[], module: string): Run[] {
  return runs.filter((run) => run.module === module);
}

function unitsOf(modules: readonly string[]): number {
  return modules.reduce((sum, module) => sum + (UNITS[module] ?? 0), 0);
}
