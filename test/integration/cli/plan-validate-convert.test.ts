/** The commands that run nothing. */
import test from "ava";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FIXTURES, TroupeCommand, inFolder } from "./troupe-command.ts";

let troupe: TroupeCommand;

test.before(async () => {
  troupe = await TroupeCommand.bundled("cli-test-plan-validate-convert");
});

test.after.always(async () => {
  await troupe[Symbol.asyncDispose]();
});

test.serial("validate says what is wrong as data, and nothing when nothing is", async (t) => {
  const wrong = await troupe.run("validate", `${FIXTURES}/unknown-type.yaml`, "-o", "json");
  t.is(wrong.code, 1, wrong.err);
  const { problems } = JSON.parse(wrong.out) as { problems: Record<string, unknown>[] };
  t.is(problems.length, 1);
  t.like(problems[0], { code: "UnknownModuleType", path: "spec.modules[0].type", line: 7, column: 28 });
  t.deepEqual(Object.keys(problems[0]!).toSorted(), ["code", "column", "hint", "line", "message", "path"]);
  const right = await troupe.run("validate", "examples/simple/pipeline.yaml", "-o", "json");
  t.is(right.code, 0, right.err);
  t.deepEqual((JSON.parse(right.out) as { problems: unknown[] }).problems, []);
});

test.serial(
  "what keeps validate from looking at a file is a problem as well, for scripts that read problems",
  async (t) => {
    for (const [args, code, message, hint] of [
      [["nowhere.yaml"], "NoSuchFile", /^nowhere\.yaml: there is no such file$/, /\S/],
      [[`${FIXTURES}/odd.yaml`, "--modules", "nowhere"], "NoSuchFile", /^--modules nowhere: /, /\S/],
      [
        [`${FIXTURES}/odd.yaml`, "--modules", `${FIXTURES}/throws`],
        "ModuleFileBroken",
        /no model file/,
        /Correct the file/,
      ],
      [[`${FIXTURES}/no-pipeline.ts`], "NoPipeline", /it exports answer$/, /\S/],
    ] as const) {
      const ended = await troupe.run("validate", ...args, "-o", "json");
      t.is(ended.code, 2, ended.err);
      const { problems, warnings } = JSON.parse(ended.out) as {
        problems: Record<string, unknown>[];
        warnings: unknown[];
      };
      t.is(problems.length, 1);
      t.like(problems[0], { code, path: null, line: null, column: null });
      t.regex(String(problems[0]?.["message"]), message);
      t.regex(String(problems[0]?.["hint"]), hint);
      t.deepEqual(warnings, []);
      t.true(ended.err.startsWith(`error[${code}] `), ended.err);
    }
  },
);

test.serial("plan predicts the articles' timelines exactly", async (t) => {
  for (const [file, jobs, sequential, makespan] of [
    ["simple/pipeline.yaml", 3, 15, 8],
    ["resources/pipeline.yaml", 3, 9, 4],
    ["actor-pool/one-replica.yaml", 3, 21, 17],
    ["actor-pool/pipeline.yaml", 3, 21, 9],
    ["actor-pool/pipeline.yaml", 4, 28, 12],
  ] as const) {
    const ended = await troupe.run("plan", `examples/${file}`, "--jobs", `${jobs}`, "-o", "json");
    t.is(ended.code, 0, ended.err);
    const plan = JSON.parse(ended.out) as {
      sequentialSeconds: number;
      makespanSeconds: number;
      spans: unknown[];
      advice: unknown[];
    };
    t.like(plan, { sequentialSeconds: sequential, makespanSeconds: makespan });
    t.true(plan.spans.length > 0 && Array.isArray(plan.advice));
  }
});

test.serial("plan takes durations from a run", async (t) => {
  await inFolder(async (folder) => {
    const file = join(folder, "t.json");
    const span = {
      job: "a",
      module: "check",
      group: "checks",
      replica: "checks-0",
      attempt: 1,
      readyAt: 0,
      startedAt: 0,
      endedAt: 2500,
    };
    await writeFile(file, JSON.stringify({ jobs: [], spans: [span] }));
    const ended = await troupe.run("plan", `${FIXTURES}/odd.yaml`, "--jobs", "2", "--durations", file, "-o", "json");
    t.is(ended.code, 0, ended.err);
    t.is((JSON.parse(ended.out) as { makespanSeconds: number }).makespanSeconds, 5);
  });
});

test.serial("convert turns MAGDA's file into a manifest that is valid", async (t) => {
  const converted = await troupe.run("convert", "examples/magda/actor-pool.yml");
  t.is(converted.code, 0, converted.err);
  await inFolder(async (folder) => {
    await writeFile(join(folder, "p.yaml"), converted.out);
    const checked = await troupe.run("validate", join(folder, "p.yaml"), "--modules", "examples/magda/modules");
    t.is(checked.code, 0, checked.out + checked.err);
  });
});
