/** The timelines of MAGDA's article, as facts about what overlaps and what waits for what. */
import test, { type ExecutionContext } from "ava";
import { articleOf, pipelineFrom, pipelineOf } from "./pipelines.ts";
import type { MakeSystem, System } from "./system.ts";
import { blockOf, criticalPath, follows, mostAtOnce, orderOf, overlap, runOf, runsOf, type Run } from "./timeline.ts";

const JOBS = ["Job1", "Job2", "Job3"];
const MOST_ROUNDS = 16;
const SIMPLE = { B: ["A"], D: ["B", "C"], E: ["D"] };
const RESOURCES = { C: ["A", "B"] };

export function describeTimelines(name: string, makeSystem: MakeSystem): void {
  describeSimple(name, makeSystem);
  describeResources(name, makeSystem);
  describeModuleStart(name, makeSystem);
}

/** g1 {A→B}, g2 {C}, g3 {D→E}: fifteen modules, eight of them on the critical path. */
function describeSimple(name: string, makeSystem: MakeSystem): void {
  test.serial(
    `${name}: simple.yml: three jobs interlace, and the way through them is eight modules long`,
    async (t) => {
      await using system = await makeSystem(await articleOf("simple.yml"));
      const outcomes = await system.client.runMany(JOBS);
      t.deepEqual(
        outcomes.map((outcome) => (outcome.state === "done" ? outcome.result : outcome)),
        [{}, {}, {}],
        "nothing is exposed",
      );
      const runs = await untilOverlapping(t, system, (seen) => [
        overlap(blockOf(seen, "g1", 0), blockOf(seen, "g2", 0)), // roots of one job run side by side
        overlap(blockOf(seen, "g1", 1), blockOf(seen, "g3", 0)), // g3 has the first job while g1 has the second
        overlap(blockOf(seen, "g1", 2), blockOf(seen, "g3", 1)), // g3 has the second job while g1 has the third
        criticalPath(seen, SIMPLE).length === 8, // on a busy machine C alone may take longer than A and B
      ]);
      for (const seen of [runsOf(outcomes), runs]) {
        t.is(seen.length, 15);
        for (const module of ["A", "B", "C", "D", "E"]) t.deepEqual(orderOf(seen, module), [0, 1, 2]);
        for (const job of [0, 1, 2]) {
          const [A, B, C, D, E] = ofJob(seen, job, ["A", "B", "C", "D", "E"]) as [Run, Run, Run, Run, Run];
          t.true(follows(B, A) && follows(D, B) && follows(D, C) && follows(E, D), `order in job ${job}`);
        }
        for (const group of ["g1", "g2", "g3"]) t.is(mostAtOnce(blocksOf(seen, group)), 1, `${group} works on one job`);
      }
      t.is(criticalPath(runs, SIMPLE).length, 8, criticalPath(runs, SIMPLE).join(" "));
    },
  );
}

/** g1 {A} with a GPU, g2 {B} with half of one and four CPUs, then g3 {C}: nine modules, four of them on the critical path. */
function describeResources(name: string, makeSystem: MakeSystem): void {
  test.serial(`${name}: resources.yml: claims are held, and the way is four modules long`, async (t) => {
    const configured = await articleOf("resources.yml");
    const pipeline = pipelineOf("resources")
      .addGroup({ name: "g1", gpu: 1 })
      .addGroup({ name: "g2", cpu: 4, gpu: 0.5 })
      .addModule("A", "facts", { group: "g1", expose: true })
      .addModule("B", "facts", { group: "g2", expose: true })
      .addModule("C", "facts", { group: "g3", dependsOn: ["A", "B"], expose: true });
    t.deepEqual(groupsOf(configured.toManifest().spec.groups), groupsOf(pipeline.toManifest().spec.groups));
    await using system = await makeSystem(pipeline, { cpus: 5, gpus: 2 });
    const outcomes = await system.client.runMany(JOBS);
    const [first] = outcomes;
    t.like(first?.state === "done" ? first.result : first, {
      A: { resources: { cpu: null, gpu: 1 } },
      B: { resources: { cpu: 4, gpu: 0.5 } },
      C: { resources: { cpu: null, gpu: 0 } },
    });
    const runs = await untilOverlapping(t, system, (seen) => [
      overlap(runOf(seen, "A", 0), runOf(seen, "B", 0)), // A and B run side by side
      overlap(runOf(seen, "A", 1), runOf(seen, "C", 0)), // C has the first job while A has the second
      overlap(runOf(seen, "B", 2), runOf(seen, "C", 1)), // C has the second job while B has the third
    ]);
    for (const seen of [runsOf(outcomes), runs]) {
      t.is(seen.length, 9);
      t.is(criticalPath(seen, RESOURCES).length, 4);
      for (const job of [0, 1, 2]) t.true(follows(runOf(seen, "C", job), runOf(seen, "A", job)));
    }
  });

  test.serial(`${name}: claims that cannot be granted are refused at once, with what would do`, async (t) => {
    const refused = async (cpus: number, gpus: number): Promise<string> => {
      const error = await t.throwsAsync(makeSystem(await articleOf("resources.yml"), { cpus, gpus }));
      return error.message;
    };
    t.regex(
      await refused(2, 0),
      /5 CPUs, and there are 2.*1\.5 GPUs, which takes 2, and there are 0.*--cpus 5 --gpus 2/s,
    );
    t.regex(await refused(5, 1), /--gpus 2/);
    t.notRegex(await refused(5, 1), /--cpus/);
    t.regex(await refused(4, 2), /--cpus 5(?! --gpus)/);
  });
}

/** g1 {A→B}, g2 {C}, and D in g3 needs A and C alone. */
function describeModuleStart(name: string, makeSystem: MakeSystem): void {
  test.serial(`${name}: a group starts when the modules that it needs are done, not their groups`, async (t) => {
    const pipeline = pipelineOf("module-start")
      .addModule("A", "example-module", { group: "g1", parameters: { seconds: 1 } })
      .addModule("B", "example-module", { group: "g1", dependsOn: "A", parameters: { seconds: 15 } })
      .addModule("C", "example-module", { group: "g2", parameters: { seconds: 1 } })
      .addModule("D", "example-module", { group: "g3", dependsOn: ["A", "C"], expose: true });
    await using system = await makeSystem(pipeline);
    const runs = runsOf([await system.client.outcome("Job1")]);
    const [A, B, C, D] = ofJob(runs, 0, ["A", "B", "C", "D"]) as [Run, Run, Run, Run];
    t.true(follows(D, A) && follows(D, C));
    t.true(D.startedAt < B.endedAt, "D starts before B ends");
    t.true(D.endedAt < B.endedAt, "D ends before B does");
  });

  test.serial(`${name}: a group of which nothing is listed starts after the modules of other groups`, async (t) => {
    const text = `
modules:
  - { name: A, type: example-module, group: g1 }
  - { name: B, type: example-module, group: g2, depends_on: [A] }
  - { name: C, type: example-module, group: g3, depends_on: [B] }

groups:
  - name: g1
  - name: g2
    options:
      num_gpus: 1.0
`;
    await using system = await makeSystem(await pipelineFrom(text));
    const runs = runsOf([await system.client.outcome("Job1")]);
    t.deepEqual(criticalPath(runs, { B: ["A"], C: ["B"] }), ["A", "B", "C"]);
    t.is(mostAtOnce(runs), 1);
  });
}

/**
 * Runs of the three jobs in which all that may overlap does. A machine that has much else to do can hold a process back for
 * longer than a module takes, so the jobs are run again until it shows. How many rounds it took is logged: one, where nothing is amiss.
 */
async function untilOverlapping(
  t: ExecutionContext,
  { client }: System,
  facts: (runs: readonly Run[]) => readonly boolean[],
): Promise<Run[]> {
  for (let round = 1; ; round++) {
    const runs = runsOf(await client.runMany(JOBS));
    const seen = facts(runs);
    if (seen.every(Boolean)) {
      t.log(`all overlapped in round ${round} of ${MOST_ROUNDS} at most`);
      return runs;
    }
    if (round === MOST_ROUNDS) throw new Error(`in ${round} rounds, not all overlapped: ${seen.join(", ")}`);
  }
}

function ofJob(runs: readonly Run[], job: number, modules: readonly string[]): Run[] {
  return modules.map((module) => runOf(runs, module, job));
}

function blocksOf(runs: readonly Run[], group: string): ReturnType<typeof blockOf>[] {
  return [0, 1, 2].map((job) => blockOf(runs, group, job));
}

/** Claims as they are meant: `4` and `"4"` are one. */
function groupsOf(
  groups: readonly { readonly name: string; readonly resources?: object }[] | undefined,
): Record<string, Record<string, string>> {
  const texts = (resources: object): [string, string][] =>
    Object.entries(resources).map(([claim, amount]) => [claim, String(amount)]);
  return Object.fromEntries(
    (groups ?? []).map(({ name, resources = {} }) => [name, Object.fromEntries(texts(resources))]),
  );
}
