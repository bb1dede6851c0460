/** The examples of the repository, run by the command on a real nats-server. */
import test from "ava";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { FAST, ROOM, ROOT, linesOf, mostAtOnce, spanOf, TroupeCommand, type Timeline } from "./troupe-command.ts";

let troupe: TroupeCommand;

test.before(async () => {
  troupe = await TroupeCommand.bundled("cli-test-examples");
});

test.after.always(async () => {
  await troupe[Symbol.asyncDispose]();
});

test.serial("simple: one line a job in order on stdout, and groups start when what they need is done", async (t) => {
  const { ended, lines, timeline } = await troupe.timed("examples/simple/pipeline.yaml", "--jobs", "3", ...FAST);
  t.is(ended.code, 0, ended.err);
  t.deepEqual(
    lines.map(({ index, state, result, error }) => ({ index, state, result, error })),
    [0, 1, 2].map((index) => ({ index, state: "done", result: { E: null }, error: null })),
  );
  t.is(timeline.spans.length, 15);
  for (const { id } of timeline.jobs) {
    const [b, c, d] = ["B", "C", "D"].map((module) => spanOf(timeline, id, module));
    t.true(d!.startedAt >= Math.max(b!.endedAt, c!.endedAt));
  }
  for (const group of ["g1", "g2", "g3"]) t.is(mostAtOnce(timeline, group), 1);
});

test.serial(
  "resources: an impossible claim is refused with the flags that would do, and with them it runs",
  async (t) => {
    const refused = await troupe.run("run", "examples/resources/pipeline.yaml", "--cpus", "2", "--gpus", "0", ...FAST);
    t.is(refused.code, 2);
    t.regex(refused.err, /^error\[ImpossibleClaim\] /);
    t.regex(refused.err, /--cpus 5 --gpus 2/);
    const { ended, timeline } = await troupe.timed(
      "examples/resources/pipeline.ts",
      "--jobs",
      "3",
      "--cpus",
      "5",
      "--gpus",
      "2",
      ...FAST,
    );
    t.is(ended.code, 0, ended.err);
    t.is(timeline.spans.length, 9);
  },
);

for (const file of ["pipeline.yaml", "pipeline.ts"]) {
  test.serial(
    `actor pool, ${file}: three replicas work at once, and the fourth job waits for one of them`,
    async (t) => {
      const { ended, timeline } = await troupe.timed(
        `examples/actor-pool/${file}`,
        "--jobs",
        "4",
        "--context",
        '{"scale": 0.2}',
      );
      t.is(ended.code, 0, ended.err);
      t.is(mostAtOnce(timeline, "g2"), 3);
      t.is(new Set(timeline.spans.filter(({ group }) => group === "g2").map(({ replica }) => replica)).size, 3);
      const fourth = spanOf(timeline, timeline.jobs[3]!.id, "B");
      t.true(timeline.jobs.slice(0, 3).some(({ id }) => spanOf(timeline, id, "B").endedAt <= fourth.startedAt));
    },
  );

  test.serial(
    `module start, ${file}: a group starts while the rest of the group that it waited for runs`,
    async (t) => {
      const { ended, timeline } = await troupe.timed(`examples/module-start/${file}`, "--context", '{"scale": 0.2}');
      t.is(ended.code, 0, ended.err);
      const [{ id }] = timeline.jobs as [Timeline["jobs"][number]];
      t.true(spanOf(timeline, id, "D").startedAt < spanOf(timeline, id, "B").endedAt);
    },
  );
}

test.serial("what a program builds is planned as what stands in the file beside it", async (t) => {
  for (const example of ["simple", "resources", "actor-pool", "module-start", "aggregate"]) {
    const [file, program] = await Promise.all(
      ["pipeline.yaml", "pipeline.ts"].map(async (name) =>
        troupe.run("plan", `examples/${example}/${name}`, "--jobs", "4", "-o", "json"),
      ),
    );
    t.is(file?.code, 0, file?.err);
    t.is(program?.code, 0, program?.err);
    t.deepEqual(JSON.parse(program?.out ?? ""), JSON.parse(file?.out ?? ""), example);
  }
});

test.serial("MAGDA's own files run as they stand", async (t) => {
  for (const file of ["simple", "resources", "actor-pool"]) {
    const ended = await troupe.run("run", `examples/magda/${file}.yml`, "--jobs", "2", "-o", "json", ...ROOM, ...FAST);
    t.is(ended.code, 0, ended.err);
    t.deepEqual(
      linesOf(ended).map(({ state }) => state),
      ["done", "done"],
    );
  }
  const ended = await troupe.run(
    "run",
    "examples/magda/groups.yml",
    "--set",
    "answer=result",
    "-o",
    "json",
    ...ROOM,
    ...FAST,
  );
  t.deepEqual(linesOf(ended)[0]?.result, { result: null }, ended.err);
});

test.serial("aggregate: --process adds what the aggregates made of the jobs", async (t) => {
  const ended = await troupe.run(
    "run",
    "examples/aggregate/pipeline.yaml",
    "--input",
    '"one two"',
    "--input",
    '"three"',
    "--process",
    "-o",
    "json",
  );
  t.is(ended.code, 0, ended.err);
  t.deepEqual(
    linesOf(ended).map(({ result }) => result),
    [{ count: 2 }, { count: 1 }, { total: { texts: 2, words: 3 }, sentence: "3 words in 2 texts" }],
  );
});

test.serial("aggregate, built by a program: its own texts, and processed without being asked", async (t) => {
  const ended = await troupe.run("run", "examples/aggregate/pipeline.ts", "-o", "json");
  t.is(ended.code, 0, ended.err);
  t.deepEqual(
    linesOf(ended).map(({ result }) => result),
    [{ count: 2 }, { count: 1 }, { total: { texts: 2, words: 3 }, sentence: "3 words in 2 texts" }],
  );
  const program = await troupe.run("exec", "examples/aggregate/pipeline.ts");
  t.is(program.code, 0, program.err);
  t.is(program.out, "3 words in 2 texts\n");
});

test.serial("documents: the report equals what one process finds", async (t) => {
  const { code, out, err } = await troupe.run("run", "examples/documents/pipeline.ts", "examples", "docs");
  t.is(code, 0, err);
  t.regex(out, /^checked: \d+ files, equal to what one process finds/m);
  t.regex(out, /^analyse: 2 lanes, at least two of them at once for /m);
  t.regex(await readFile(join(ROOT, ".troupe/documents/report.md"), "utf8"), /^# Documents\n/);
});
