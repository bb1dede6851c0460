/** Every code has a text in which it is found alone, with its place and its cure, as users read them. */
import test from "ava";
import { PROBLEM_CASES } from "./problem-cases.ts";
import { PROBLEM_CODES } from "./problem.ts";
import { readPipeline } from "./read/read-pipeline.ts";

test("every code has its case, and no case is of an unknown code", (t) => {
  t.deepEqual(Object.keys(PROBLEM_CASES).toSorted(), [...PROBLEM_CODES]);
});

for (const code of PROBLEM_CODES) {
  const { text, path, place, message, hint, types, set } = PROBLEM_CASES[code];
  test(`${code} is found at ${place}, with its cure`, (t) => {
    const options = { ...(types === undefined ? {} : { types }), ...(set === undefined ? {} : { set }) };
    const read = readPipeline(text, { file: "p.yaml", ...options });
    const found = read.ok ? read.warnings : read.problems;
    t.deepEqual(
      found.map(({ line, column, ...problem }) => ({ ...problem, place: `${String(line)}:${String(column)}` })),
      [{ code, message, hint, path, file: "p.yaml", place }],
    );
    t.regex(message, /[.)]$/);
    t.regex(hint, /[.?…]$/);
  });
}
