/** What scripts rely on, beside what the other files of this folder show. */
import test from "ava";
import { copyFile, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { eventually } from "../../support/eventually.ts";
import { FAST, FIXTURES, ROOT, linesOf, TroupeCommand, inFolder } from "./troupe-command.ts";

let troupe: TroupeCommand;

test.before(async () => {
  troupe = await TroupeCommand.bundled("cli-test-surface");
});

test.after.always(async () => {
  await troupe[Symbol.asyncDispose]();
});

test.serial("--modules takes a file, and others of its folder are not looked at", async (t) => {
  await inFolder(async (folder) => {
    const file = join(folder, "p.yaml");
    await copyFile(resolve(ROOT, FIXTURES, "odd.yaml"), file);
    const modules = join(folder, "mine.ts");
    await copyFile(resolve(ROOT, FIXTURES, "modules/odd.ts"), modules);
    await copyFile(resolve(ROOT, FIXTURES, "throws/broken.ts"), join(folder, "broken.ts"));
    const ended = await troupe.run("run", file, "--modules", modules, "--input", "2", "-o", "json");
    t.is(ended.code, 0, ended.err);
    t.deepEqual(
      linesOf(ended).map(({ state, result }) => ({ state, result })),
      [{ state: "done", result: { check: 2 } }],
    );
  });
});

test.serial("--process works with a MAGDA file too, and --modules may be given twice", async (t) => {
  const ended = await troupe.run(
    "run",
    `${FIXTURES}/magda-aggregate.yml`,
    "--modules",
    "examples/aggregate/modules/words.ts",
    "--modules",
    `${FIXTURES}/modules/odd.ts`,
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
    linesOf(ended).map(({ state, result }) => ({ state, result })),
    [
      { state: "done", result: { words: 2 } },
      { state: "done", result: { words: 1 } },
      { state: "done", result: { total: { texts: 2, words: 3 } } },
    ],
  );
});

test.serial("jobs that Ctrl-C cancels are lines as well, in their places, with the state cancelled", async (t) => {
  await inFolder(async (folder) => {
    const timeline = join(folder, "t.json");
    // Each job sleeps for 100 minutes: none ends by itself.
    const { child, ended } = troupe.start([
      ...["run", "examples/simple/pipeline.yaml", "--jobs", "3", "-o", "json", "--timeline", timeline],
      ...["--context", '{"scale": 6000}'],
    ]);
    let shown = "";
    child.stderr?.on("data", (chunk: Buffer) => (shown += chunk.toString()));
    await eventually("a job runs", () => /g1 1 running/.test(shown));
    child.kill("SIGINT");
    const { code, out, err } = await ended;
    t.is(code, 130, err);
    const lines = linesOf({ code, out, err });
    t.deepEqual(
      lines.map(({ index, state, result }) => ({ index, state, result })),
      [0, 1, 2].map((index) => ({ index, state: "cancelled", result: null })),
    );
    for (const line of lines) t.deepEqual(Object.keys(line), ["id", "index", "state", "result", "error"]);
  });
});

test.serial("the page and the picture of a timeline need nothing from elsewhere", async (t) => {
  await inFolder(async (folder) => {
    const files = ["t.html", "t.svg"].map((name) => join(folder, name));
    const ran = await troupe.run(
      ...["run", "examples/simple/pipeline.yaml", ...files.flatMap((file) => ["--timeline", file]), ...FAST],
    );
    t.is(ran.code, 0, ran.err);
    for (const file of files) {
      const text = await readFile(file, "utf8");
      t.true(text.includes("g1-0") || text.includes("g1"), "it is a timeline");
      t.deepEqual(foreign(text), [], file);
    }
  });
  t.deepEqual(foreign('<img src="a.png"><a href="#x"><style>@import url("b.css");</style>'), [
    'src="a.png"',
    "@import",
    'url("b.css"',
  ]);
});

/** Whatever a browser would fetch: attributes that name files, imports and URLs of styles, requests and imports of scripts. */
function foreign(text: string): string[] {
  const references = text.matchAll(
    /\b(?:src|srcset|href|data|poster|action)\s*=\s*["']?[^"'\s>]+["']?|@import|url\(\s*["']?[^"')]*["']?|\b(?:fetch|import|importScripts|XMLHttpRequest|WebSocket|EventSource|sendBeacon)\s*\(/g,
  );
  return [...references].map(([reference]) => reference).filter((reference) => !/["'(]#|["'(]data:/.test(reference));
}
