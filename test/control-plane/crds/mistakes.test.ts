/**
 * Applies a file for every mistake, as a user would. Each file says in its head what `troupe validate` calls the mistake, and with which
 * words, and in which kubectl refuses it, or that it takes it: then the operator says `Accepted=False` with the same code.
 */
import test from "ava";
import { checkGroupsFile, PROBLEM_CODES, readPipeline, type Problem, type ProblemCode } from "@troupe/model";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { startControlPlane, type ControlPlane } from "../../support/control-plane.ts";
import { applyCrds, ROOT } from "./apply-crds.ts";
import { MISTAKES, readMistakes, wordsOf, type Mistake } from "./mistake.ts";

/** Codes that say nothing about a manifest as such: about its code, its file, its placeholders or a conversion. */
const NOT_ABOUT_MANIFESTS: readonly ProblemCode[] = [
  "AggregateMismatch",
  "EmptyFile",
  "IgnoredDocument",
  "IgnoredField",
  "IgnoredOption",
  "InterfaceMismatch",
  "MissingPipeline",
  "MissingPlaceholder",
  "RenamedGroup",
  "TextLooksBoolean",
  "TooManyPipelines",
  "UnknownModuleType",
  "UnusedPlaceholder",
];

let plane: ControlPlane;
let mistakes: readonly Mistake[];

test.before("start an API server with the CRDs and the policy", async () => {
  mistakes = await readMistakes();
  plane = await startControlPlane();
  await applyCrds(plane);
});

test.after.always(async () => {
  await plane[Symbol.asyncDispose]();
});

test("there is a file for every code that a manifest can have", (t) => {
  const covered = new Set([...mistakes.map(({ code }) => code), ...NOT_ABOUT_MANIFESTS, "ParametersTooLarge"]);
  t.deepEqual(
    PROBLEM_CODES.filter((code) => !covered.has(code)),
    [],
  );
});

test.serial("kubectl apply refuses each mistake in the words of its file, or takes it", async (t) => {
  let refused = 0;
  for (const { file, refusal } of mistakes) {
    const said = await apply(file);
    if (refusal === null) t.is(said.error, null, file);
    else
      t.true(said.error?.includes(refusal) === true, `${file}\nexpected: ${refusal}\nsaid: ${said.error ?? said.out}`);
    if (refusal !== null) refused += 1;
  }
  t.log(`${refused} of ${mistakes.length} mistakes are refused by the API server`);
  t.true(refused >= 50);
});

test.serial("troupe validate finds each mistake under the code and in the words of its file", async (t) => {
  for (const { file, code, words } of mistakes) {
    const found = problemsIn(await readFile(file, "utf8"), file);
    const said = found.map((problem) => `${problem.code} ${wordsOf(problem)}`);
    t.true(said.includes(`${code} ${words}`), `${file}\nexpected: ${code} ${words}\nfound: ${said.join("\n")}`);
  }
});

test.serial("the command says the same", async (t) => {
  for (const name of ["disjoint-graph", "group-template", "yaml-word-for-a-name"]) {
    const file = join(MISTAKES, `${name}.yaml`);
    const { code = "" } = mistakes.find((mistake) => mistake.file === file) ?? {};
    t.true((await troupeValidate(file)).includes(`"code":"${code}"`), name);
  }
});

test.serial("more parameters than there may be are more than kubectl can remember", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "troupe-test-"));
  try {
    const file = join(folder, "large.yaml");
    const head =
      "apiVersion: troupe.dev/v1alpha1\nkind: Pipeline\nmetadata: { name: large }\nspec:\n  source: { image: x }\n";
    await writeFile(
      file,
      `${head}  modules:\n    - { name: A, type: t, group: g, parameters: { text: ${"x".repeat(256 * 1024)} } }\n`,
    );
    t.regex((await apply(file)).error ?? "", /metadata\.annotations: Too long/);
    await plane.kubectl("apply", "--server-side", "-f", file);
    t.deepEqual(
      problemsIn(await readFile(file, "utf8"), file).map(({ code, path, message }) => `${code} ${path} ${message}`),
      [
        "ParametersTooLarge spec.modules[0].parameters All parameters together take 262155 bytes; 262144 are allowed (spec.modules[0].parameters takes 262155).",
      ],
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});

test.serial("kubectl apply takes every manifest of the examples", async (t) => {
  const namespace = await plane.namespace("examples");
  const files = await manifestsIn(resolve(ROOT, "examples"));
  t.true(files.length >= 8, files.join(", "));
  for (const file of files) t.is((await apply(file, "-n", namespace)).error, null, file);
});

/** YAML files that hold a Pipeline or a Group. */
async function manifestsIn(folder: string): Promise<string[]> {
  const files = (await readdir(folder, { recursive: true })).filter((name) => /\.ya?ml$/.test(name)).toSorted();
  const texts = await Promise.all(files.map(async (name) => readFile(join(folder, name), "utf8")));
  return files
    .filter((_, index) => texts[index]?.includes("apiVersion: troupe.dev/"))
    .map((name) => join(folder, name));
}

async function apply(file: string, ...flags: string[]): Promise<{ out: string; error: string | null }> {
  try {
    return { out: await plane.kubectl("apply", "-f", file, ...flags), error: null };
  } catch (error) {
    return { out: "", error: String(error) };
  }
}

/** What `troupe validate` makes of a file: problems and notes. */
function problemsIn(text: string, file: string): Problem[] {
  const checked = checkGroupsFile(text, file) ?? readPipeline(text, { file });
  const problems = "ok" in checked && checked.ok ? [] : checked.problems;
  const warnings = "warnings" in checked ? checked.warnings : [];
  return [...problems, ...warnings];
}

/** Ends well or not: what it wrote is what counts. */
async function troupeValidate(file: string): Promise<string> {
  return new Promise((done) => {
    execFile(resolve(ROOT, "troupe"), ["validate", file, "-o", "json"], { cwd: ROOT }, (_error, out) => {
      done(out);
    });
  });
}
