/** What `troupe run` shows, writes and ends with. */
import test from "ava";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { eventually } from "../../support/eventually.ts";
import { processesWith } from "../../support/processes.ts";
import { FAST, FIXTURES, linesOf, TroupeCommand, inFolder } from "./troupe-command.ts";

let troupe: TroupeCommand;

test.before(async () => {
  troupe = await TroupeCommand.bundled("cli-test-run");
});

test.after.always(async () => {
  await troupe[Symbol.asyncDispose]();
});

test.serial("people see progress on stderr, and results and the timeline on stdout", async (t) => {
  // Six seconds of sleep: outside of a terminal a line of progress comes every three.
  const { code, out, err } = await troupe.run("run", "examples/simple/pipeline.ts", "--context", '{"scale": 0.8}');
  t.is(code, 0, err);
  t.regex(
    err,
    /^\d+(\.\d+)? m?s {2}jobs [0-3]\/3 done · g1 \d running, \d waiting · g2 .* · g3 \d running, \d waiting$/m,
  );
  t.notRegex(out, /running, \d waiting/);
  t.regex(out, /^job 1 {2}done {2}\{"E":null\}\njob 2 {2}done .*\njob 3 {2}done /);
  t.regex(out, /^g1 +│.*\n(?:.*\n)*?g2 +│.*\n(?:.*\n)*?g3 +│/m);
  t.regex(out, /^3 jobs in .*; one after another: /m);
});

test.serial("a failed job fills its place with module, group, replica and attempt, and the exit says so", async (t) => {
  const ended = await troupe.run(
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
  const ended = await troupe.run("run", `${FIXTURES}/in-file.yaml`, "--input", "21", "-o", "json");
  t.is(ended.code, 0, ended.err);
  t.deepEqual(linesOf(ended)[0]?.result, { double: 42 });
});

test.serial("a timeline is written as data, page and picture, and drawn again", async (t) => {
  await inFolder(async (folder) => {
    const [json, html, svg, again] = ["t.json", "t.html", "t.svg", "again.svg"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
      string,
    ];
    const ran = await troupe.run(
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
    const drawn = await troupe.run("timeline", json);
    t.is(drawn.code, 0, drawn.err);
    t.regex(drawn.out, /^1 job in /m);
    t.is((await troupe.run("timeline", json, "--svg", again)).code, 0);
    t.true((await readFile(again, "utf8")).startsWith("<svg "));
  });
});

test.serial("Ctrl-C cancels and leaves no process behind", async (t) => {
  const mark = `cli-test-${process.pid}-${Date.now()}`;
  const { child, ended } = troupe.start(["run", "examples/simple/pipeline.yaml", "--jobs", "50"], {
    TROUPE_TEST_MARK: mark,
  });
  await eventually("everything runs", () => processesWith(mark).length >= 5, 100_000);
  child.kill("SIGINT");
  const { code, err } = await ended;
  t.is(code, 130);
  t.regex(err, /Cancelling the jobs and closing; press Ctrl-C again to end at once/);
  await eventually("nothing is left", () => processesWith(mark).length === 0);
});

test.serial("nats-server that is not there", async (t) => {
  const { ended } = troupe.start(["run", "examples/simple/pipeline.yaml"], { NATS_SERVER: "/no/nats-server" });
  const { code, err } = await ended;
  t.is(code, 4);
  t.regex(err, /^error\[NatsServerMissing\] .*\/no\/nats-server/m);
  t.regex(err, /^hint: \S/m);
});
