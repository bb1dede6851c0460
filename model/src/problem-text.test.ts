import test from "ava";
import { problemText } from "./problem-text.ts";
import type { Problem } from "./problem.ts";
import { readPipeline } from "./read/read-pipeline.ts";

const PROBLEM: Problem = {
  code: "UnknownField",
  message: "It is wrong.",
  hint: "Do it.",
  path: "spec.x",
  line: null,
  column: null,
};

test("the line is shown, with a mark below the column", (t) => {
  const text = "modules:\n  - name: B\n    type: t\n    depends_on: [X]\n";
  const result = readPipeline(text, { file: "film.yaml" });
  t.deepEqual(result.ok ? [] : result.problems.map((problem) => problemText(problem, text)), [
    `UnknownDependency: Module "B" depends on "X", which is not declared.
  at film.yaml:4:18  modules[0].depends_on[0]
    3 |     type: t
    4 |     depends_on: [X]
      |                  ▲
  hint: There is no other module.`,
  ]);
});

test("without a place or a text there is no frame", (t) => {
  t.is(problemText(PROBLEM), "UnknownField: It is wrong.\n  at spec.x\n  hint: Do it.");
  t.is(problemText({ ...PROBLEM, path: "" }, "a"), "UnknownField: It is wrong.\n  hint: Do it.");
  t.is(
    problemText({ ...PROBLEM, line: 9, column: 1, file: "f" }, "a"),
    "UnknownField: It is wrong.\n  at f:9:1  spec.x\n  hint: Do it.",
  );
});

test("tabs before the mark stay tabs, and line endings of Windows do not show", (t) => {
  const text = problemText({ ...PROBLEM, line: 2, column: 3 }, "a\r\n\tb: 1\r\n");
  t.true(text.includes("    1 | a\n    2 | \tb: 1\n      | \t ▲\n"), text);
});

test("a long line is cut around the mark", (t) => {
  const line = `${"x".repeat(500)}HERE${"y".repeat(500)}`;
  const [, , shown = "", mark = ""] = problemText({ ...PROBLEM, line: 1, column: 501 }, line).split("\n");
  t.true(shown.length < 130);
  t.is(shown.indexOf("HERE"), mark.indexOf("▲"));
});
