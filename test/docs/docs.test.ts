/** What the pages tell people to type is typed here, and what they show as a pipeline is validated. */
import test from "ava";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { promisify } from "node:util";
import { checkGroupsFile, readPipeline, type Problem } from "@troupe/model";

const ROOT = resolve(import.meta.dirname, "../..");
const run = promisify(execFile);

/** Seconds of the examples become hundredths. */
const SCALE = ["--context", '{"scale": 0.01}'];

const pages = ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", ...under("docs"), ...under("examples")].filter(
  (path) => path.endsWith(".md"),
);

function under(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((name) => join(folder, name));
}

interface Block {
  readonly page: string;
  readonly language: string;
  readonly text: string;
}

const blocks: readonly Block[] = pages.flatMap((page) =>
  [...readFileSync(join(ROOT, page), "utf8").matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(
    ([, language = "", text = ""]) => ({ page, language, text }),
  ),
);

/** Commands that run an example of the repository: others name files that only the reader has (`~`). */
const commands = [
  ...new Set(
    blocks
      .filter(({ language }) => language === "sh")
      .flatMap(({ text }) => text.split("\n"))
      .map((line) => line.replace(/\s+#.*$/, "").trim())
      .filter((line) => /^\.\/troupe (run|exec|plan|validate|convert|timeline) examples\/[^~]*$/.test(line)),
  ),
];

/** What the pages show below a program that is run: lines, `…` for those that are left out. By command. */
const shown: ReadonlyMap<string, readonly string[]> = new Map(
  pages.flatMap((page) =>
    [
      ...readFileSync(join(ROOT, page), "utf8").matchAll(
        /^```sh\n(\.\/troupe exec [^\n]*)\n```\n\n(?:```(?:text)?\n([\s\S]*?)^```$|((?: {4}[^\n]*\n)+))/gm,
      ),
    ].map(([, command = "", fenced, indented = ""]): [string, string[]] => [
      command,
      (fenced ?? indented)
        .split("\n")
        .map((line) => line.trim())
        .filter((line) => line !== "" && line !== "…"),
    ]),
  ),
);

test("every program that the pages run has its output beside it", (t) => {
  const programs = commands.filter((command) => command.startsWith("./troupe exec"));
  t.true(programs.length >= 5);
  t.deepEqual(
    programs.filter((command) => (shown.get(command) ?? []).length === 0),
    [],
  );
});

test("the pages show commands that can be run", (t) => {
  t.true(commands.length >= 5, commands.join("\n"));
});

for (const command of commands) {
  test.serial(`typed as it stands: ${command}`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "troupe-docs-"));
    t.teardown(() => {
      rmSync(folder, { recursive: true, force: true });
    });
    const [, ...words] = wordsOf(command);
    const isScaled = words[0] === "run" && !words.includes("--context") && !command.includes("examples/documents");
    // What a command writes goes to a folder of the test's.
    const args = words.map((word) =>
      /\.(svg|html|json)$/.test(word) && !word.includes("/") ? join(folder, word) : word,
    );
    const { stdout, stderr } = await run(join(ROOT, "troupe"), isScaled ? [...args, ...SCALE] : args, {
      cwd: ROOT,
      timeout: 120_000,
    });
    t.true(stdout.length + stderr.length > 0);
    const said = stdout.split("\n").map((line) => line.trim());
    const expected = shown.get(command) ?? [];
    t.deepEqual(
      expected.filter((line) => said.includes(line)),
      expected,
      stdout,
    );
    if (words[1] === "examples/documents/pipeline.ts" && words.length === 2) {
      // The main job's own set of documents, which no other test runs.
      const [, files] = /^checked: (\d+) files, equal to what one process finds/m.exec(stdout) ?? [];
      t.true(Number(files) >= 50, stdout);
    }
    for (const file of args.filter((word) => word.startsWith(folder))) t.true(statSync(file).size > 0, file);
  });
}

/** Splits as a shell would, for the quotes that the pages use. */
function wordsOf(command: string): string[] {
  return [...command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, plain]) => single ?? double ?? plain ?? "",
  );
}

function problemsOf(text: string, file: string): readonly Problem[] {
  const groups = checkGroupsFile(text, file);
  if (groups !== null) return groups.problems;
  const outcome = readPipeline(text, { file });
  return outcome.ok ? [] : outcome.problems;
}

for (const { page, text } of blocks.filter(
  ({ language, text }) => language === "yaml" && text.startsWith("apiVersion"),
)) {
  test(`a manifest in ${relative(".", page)} is valid: ${/name: ([\w-]+)/.exec(text)?.[1] ?? ""} (${text.length} bytes)`, (t) => {
    t.deepEqual(
      problemsOf(text, page).map(({ message }) => message),
      [],
    );
  });
}

test("links between the pages lead somewhere", (t) => {
  const broken = pages.flatMap((page) =>
    [...readFileSync(join(ROOT, page), "utf8").matchAll(/\]\((?!https?:)([^)#\s]+)[^)]*\)/g)]
      .map(([, target = ""]) => target)
      .filter((target) => statSync(resolve(ROOT, page, "..", target), { throwIfNoEntry: false }) === undefined)
      .map((target) => `${page}: ${target}`),
  );
  t.deepEqual(broken, []);
});

test("decisions are numbered one by one, in their files' names as in their headings", (t) => {
  const names = readdirSync(join(ROOT, "docs/adr")).sort();
  const headings = names.map((name) => readFileSync(join(ROOT, "docs/adr", name), "utf8").split("\n")[0] ?? "");
  t.deepEqual(
    names.map((name) => Number(name.slice(0, 4))),
    names.map((_, index) => index + 1),
  );
  for (const [index, heading] of headings.entries()) t.true(heading.startsWith(`# ${index + 1}. `), heading);
});
