/** The command as users call it: the bundled program, on a real nats-server, with the examples of the repository. */
import test from "ava";
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { eventually } from "../support/eventually.ts";
import { processesWith } from "../support/processes.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const FIXTURES = "test/integration/fixtures/cli";
/** Two levels below the root, as the one that users run. */
const BUNDLE = join(ROOT, ".troupe", "cli-test");
/** One hundredth of the examples' seconds. */
const FAST = ["--context", '{"scale": 0.01}'];
/** More than this machine may have; nothing is claimed for real. */
const ROOM = ["--cpus", "16", "--gpus", "4"];

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function start(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [join(BUNDLE, "cli.js"), ...args], {
    cwd: ROOT,
    env: { ...process.env, NO_COLOR: "1", LANG: "C.UTF-8", COLUMNS: "100", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exit = new Promise<number | null>((done) => child.once("exit", done));
  const ended = Promise.all([exit, text(child.stdout), text(child.stderr)]).then(([code, out, err]) => ({
    code,
    out,
    err,
  }));
  return { child, ended };
}

async function troupe(...args: string[]): Promise<Ended> {
  return start(args).ended;
}

interface Line {
  readonly id: string;
  readonly index: number;
  readonly state: string;
  readonly result: Readonly<Record<string, unknown>> | null;
  readonly error: Readonly<Record<string, unknown>> | null;
}

function linesOf({ out }: Ended): Line[] {
  return out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
}

interface Timeline {
  readonly jobs: readonly { readonly id: string; readonly index: number; readonly state: string }[];
  readonly spans: readonly {
    readonly job: string;
    readonly module: string;
    readonly group: string;
    readonly replica: string;
    readonly attempt: number;
    readonly readyAt: number;
    readonly startedAt: number;
    readonly endedAt: number;
  }[];
}

/** Runs with `-o json`, and brings the timeline. */
async function timed(...args: string[]): Promise<{ ended: Ended; lines: Line[]; timeline: Timeline }> {
  const folder = await mkdtemp(join(tmpdir(), "troupe-cli-"));
  try {
    const file = join(folder, "t.json");
    const ended = await troupe("run", ...args, "-o", "json", "--timeline", file);
    return { ended, lines: linesOf(ended), timeline: JSON.parse(await readFile(file, "utf8")) as Timeline };
  } finally {
    await rm(folder, { recursive: true });
  }
}

function spanOf({ spans }: Timeline, job: string, module: string): Timeline["spans"][number] {
  return spans.find((span) => span.job === job && span.module === module)!;
}

/** The largest number of spans of a group that ran at the same time. */
function mostAtOnce({ spans }: Timeline, group: string): number {
  const own = spans.filter((span) => span.group === group);
  return Math.max(
    ...own.map(
      ({ startedAt }) => own.filter((other) => other.startedAt <= startedAt && startedAt < other.endedAt).length,
    ),
  );
}

test.before(async () => {
  const bundling = spawn(process.execPath, [join(ROOT, "hack/bundle.mjs"), BUNDLE], { stdio: "inherit" });
  await new Promise((done) => bundling.once("exit", done));
});

test.after.always(async () => {
  await rm(BUNDLE, { recursive: true, force: true });
});

test.serial("simple: one line a job in order on stdout, and groups start when what they need is done", async (t) => {
  const { ended, lines, timeline } = await timed("examples/simple/pipeline.yaml", "--jobs", "3", ...FAST);
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

test.serial("people see progress on stderr, and results and the timeline on stdout", async (t) => {
  const { code, out, err } = await troupe("run", "examples/simple/pipeline.ts", ...FAST);
  t.is(code, 0, err);
  t.regex(out, /^job 1 {2}done {2}\{"E":null\}\njob 2 {2}done .*\njob 3 {2}done /);
  t.regex(out, /^g1 +│.*\n(?:.*\n)*?g2 +│.*\n(?:.*\n)*?g3 +│/m);
  t.regex(out, /^3 jobs in .*; one after another: /m);
});

test.serial("a failed job fills its place with module, group, replica and attempt, and the exit says so", async (t) => {
  const ended = await troupe(
    "run",
    `${FIXTURES}/odd.yaml`,
    "--input",
    "0",
    "--input",
    "1",
    "--input",
    "2",
    "-o",
    "json",
  );
  t.is(ended.code, 1, ended.err);
  const lines = linesOf(ended);
  t.deepEqual(
    lines.map(({ state }) => state),
    ["done", "failed", "done"],
  );
  t.like(lines[1], {
    index: 1,
    result: null,
    error: { code: "ModuleError", module: "check", group: "checks", replica: "checks-0", attempt: 1 },
  });
  t.regex(String(lines[1]!.error!["message"]), /1 is odd/);
  for (const line of lines) t.deepEqual(Object.keys(line), ["id", "index", "state", "result", "error"]);
  for (const field of ["code", "message", "module", "group", "replica", "attempt"])
    t.true(Object.hasOwn(lines[1]!.error!, field), field);
});

test.serial("the modules may stand in the same file", async (t) => {
  const ended = await troupe("run", `${FIXTURES}/in-file.yaml`, "--input", "21", "-o", "json");
  t.is(ended.code, 0, ended.err);
  t.deepEqual(linesOf(ended)[0]?.result, { double: 42 });
});

test.serial(
  "resources: an impossible claim is refused with the flags that would do, and with them it runs",
  async (t) => {
    const refused = await troupe("run", "examples/resources/pipeline.yaml", "--cpus", "2", "--gpus", "0", ...FAST);
    t.is(refused.code, 2);
    t.regex(refused.err, /^error\[ImpossibleClaim\] /);
    t.regex(refused.err, /--cpus 5 --gpus 2/);
    const { ended, timeline } = await timed(
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

test.serial("actor pool: three replicas work at once, and the fourth job waits for one of them", async (t) => {
  const { ended, timeline } = await timed(
    "examples/actor-pool/pipeline.yaml",
    "--jobs",
    "4",
    "--context",
    '{"scale": 0.05}',
  );
  t.is(ended.code, 0, ended.err);
  t.is(mostAtOnce(timeline, "g2"), 3);
  t.is(new Set(timeline.spans.filter(({ group }) => group === "g2").map(({ replica }) => replica)).size, 3);
  const fourth = spanOf(timeline, timeline.jobs[3]!.id, "B");
  t.true(timeline.jobs.slice(0, 3).some(({ id }) => spanOf(timeline, id, "B").endedAt <= fourth.startedAt));
});

test.serial("module start: a group starts while the rest of the group that it waited for still runs", async (t) => {
  const { ended, timeline } = await timed("examples/module-start/pipeline.yaml", "--context", '{"scale": 0.2}');
  t.is(ended.code, 0, ended.err);
  const [{ id }] = timeline.jobs as [Timeline["jobs"][number]];
  t.true(spanOf(timeline, id, "D").startedAt < spanOf(timeline, id, "B").endedAt);
});

test.serial("MAGDA's own files run as they stand", async (t) => {
  for (const file of ["simple", "resources", "actor-pool"]) {
    const ended = await troupe("run", `examples/magda/${file}.yml`, "--jobs", "2", "-o", "json", ...ROOM, ...FAST);
    t.is(ended.code, 0, ended.err);
    t.deepEqual(
      linesOf(ended).map(({ state }) => state),
      ["done", "done"],
    );
  }
  const ended = await troupe(
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
  const ended = await troupe(
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

test.serial("documents: the report equals what one process finds", async (t) => {
  const { code, out, err } = await troupe("run", "examples/documents/pipeline.ts", "examples", "docs");
  t.is(code, 0, err);
  t.regex(out, /^checked: \d+ files, equal to what one process finds/m);
  t.regex(out, /^analyse: 2 lanes, at least two of them at once for /m);
  t.regex(await readFile(join(ROOT, ".troupe/documents/report.md"), "utf8"), /^# Documents\n/);
});

test.serial("a timeline is written as data, page and picture, and drawn again", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "troupe-cli-"));
  const [json, html, svg, again] = ["t.json", "t.html", "t.svg", "again.svg"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
    string,
  ];
  const ran = await troupe(
    "run",
    "examples/simple/pipeline.yaml",
    "--timeline",
    json,
    "--timeline",
    html,
    "--timeline",
    svg,
    ...FAST,
  );
  t.is(ran.code, 0, ran.err);
  const written = JSON.parse(await readFile(json, "utf8")) as { jobs: object[]; spans: object[] };
  t.deepEqual(Object.keys(written), ["jobs", "spans"]);
  t.is(Object.keys(written.spans[0]!).join(" "), "job module group replica attempt readyAt startedAt endedAt");
  t.true((await readFile(html, "utf8")).startsWith("<!doctype html>"));
  t.true((await readFile(svg, "utf8")).startsWith("<svg "));
  const drawn = await troupe("timeline", json);
  t.is(drawn.code, 0, drawn.err);
  t.regex(drawn.out, /^1 job in /m);
  t.is((await troupe("timeline", json, "--svg", again)).code, 0);
  t.true((await readFile(again, "utf8")).startsWith("<svg "));
  await rm(folder, { recursive: true });
});

test.serial("Ctrl-C cancels and leaves no process behind", async (t) => {
  const mark = `cli-test-${process.pid}-${Date.now()}`;
  const { child, ended } = start(["run", "examples/simple/pipeline.yaml", "--jobs", "50"], { TROUPE_TEST_MARK: mark });
  await eventually("everything runs", () => processesWith(mark).length >= 5);
  child.kill("SIGINT");
  const { code, err } = await ended;
  t.is(code, 130);
  t.regex(err, /Cancelling the jobs and closing; press Ctrl-C again to end at once/);
  await eventually("nothing is left", () => processesWith(mark).length === 0);
});

for (const [name, args, exit, messages] of [
  ["no such file", ["run", "nowhere.yaml"], 2, [/^error\[NoSuchFile\] nowhere\.yaml: there is no such file$/m]],
  [
    "YAML that does not parse",
    ["run", `${FIXTURES}/not-yaml.yaml`],
    2,
    [/^error\[InvalidYaml\] /m, /not-yaml\.yaml:\d+:\d+/],
  ],
  [
    "an unknown field",
    ["run", `${FIXTURES}/unknown-field.yaml`],
    2,
    [/^error\[UnknownField\] "exposed"/m, /unknown-field\.yaml:7:\d+/, /Did you mean "expose"\?/],
  ],
  [
    "an unknown module type",
    ["run", `${FIXTURES}/unknown-type.yaml`],
    2,
    [
      /^error\[UnknownModuleType\] .*"evn-only"/m,
      /Did you mean "even-only"\?/,
      /Registered are: even-only/,
      /modules\/odd\.ts/,
    ],
  ],
  [
    "a module file that throws",
    ["run", `${FIXTURES}/odd.yaml`, "--modules", `${FIXTURES}/throws`],
    2,
    [/^error\[ModuleFileBroken\] .*throws\/broken\.ts.*no model file/m, /broken\.ts:3:\d+/],
  ],
  [
    "modules that are not there",
    ["run", `${FIXTURES}/odd.yaml`, "--modules", "nowhere"],
    2,
    [/^error\[NoSuchFile\] --modules nowhere: /m],
  ],
  [
    "a program without a pipeline",
    ["run", `${FIXTURES}/no-pipeline.ts`],
    2,
    [/^error\[NoPipeline\] .*it exports answer$/m],
  ],
  [
    "a program that throws",
    ["run", `${FIXTURES}/throws.ts`],
    2,
    [/^error\[PipelineFileBroken\] .*TypeError/m, /throws\.ts:3:\d+/],
  ],
] as const) {
  test.serial(`${name} is told with its place and the cure`, async (t) => {
    const ended = await troupe(...args);
    t.is(ended.code, exit);
    t.is(ended.out, "");
    for (const message of messages) t.regex(ended.err, message);
    t.regex(ended.err, /hint: \S/);
  });
}

test.serial("nats-server that is not there", async (t) => {
  const { ended } = start(["run", "examples/simple/pipeline.yaml"], { NATS_SERVER: "/no/nats-server" });
  const { code, err } = await ended;
  t.is(code, 4);
  t.regex(err, /^error\[NatsServerMissing\] .*\/no\/nats-server/m);
  t.regex(err, /^hint: \S/m);
});

test.serial("validate says what is wrong as data, and nothing when nothing is", async (t) => {
  const wrong = await troupe("validate", `${FIXTURES}/unknown-type.yaml`, "-o", "json");
  t.is(wrong.code, 1, wrong.err);
  const { problems } = JSON.parse(wrong.out) as { problems: Record<string, unknown>[] };
  t.is(problems.length, 1);
  t.like(problems[0], { code: "UnknownModuleType", path: "spec.modules[0].type", line: 7, column: 28 });
  t.deepEqual(Object.keys(problems[0]!).toSorted(), ["code", "column", "hint", "line", "message", "path"]);
  const right = await troupe("validate", "examples/simple/pipeline.yaml", "-o", "json");
  t.is(right.code, 0, right.err);
  t.deepEqual((JSON.parse(right.out) as { problems: unknown[] }).problems, []);
});

test.serial("plan predicts the articles' timelines exactly", async (t) => {
  for (const [file, jobs, sequential, makespan] of [
    ["simple/pipeline.yaml", 3, 15, 8],
    ["resources/pipeline.yaml", 3, 9, 4],
    ["actor-pool/one-replica.yaml", 3, 21, 17],
    ["actor-pool/pipeline.yaml", 3, 21, 9],
    ["actor-pool/pipeline.yaml", 4, 28, 12],
  ] as const) {
    const ended = await troupe("plan", `examples/${file}`, "--jobs", `${jobs}`, "-o", "json");
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
  const folder = await mkdtemp(join(tmpdir(), "troupe-cli-"));
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
  const ended = await troupe("plan", `${FIXTURES}/odd.yaml`, "--jobs", "2", "--durations", file, "-o", "json");
  t.is(ended.code, 0, ended.err);
  t.is((JSON.parse(ended.out) as { makespanSeconds: number }).makespanSeconds, 5);
  await rm(folder, { recursive: true });
});

test.serial("convert turns MAGDA's file into a manifest that is valid", async (t) => {
  const converted = await troupe("convert", "examples/magda/actor-pool.yml");
  t.is(converted.code, 0, converted.err);
  const folder = await mkdtemp(join(tmpdir(), "troupe-cli-"));
  await writeFile(join(folder, "p.yaml"), converted.out);
  const checked = await troupe("validate", join(folder, "p.yaml"), "--modules", "examples/magda/modules");
  t.is(checked.code, 0, checked.out + checked.err);
  await rm(folder, { recursive: true });
});
