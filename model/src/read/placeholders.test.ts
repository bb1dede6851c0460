import test from "ava";
import type { JsonObject } from "../json.ts";
import { readPipeline, type ReadPipeline, type RefusedPipeline } from "./read-pipeline.ts";

function read(parameters: string, set: Record<string, string> = {}): ReadPipeline | RefusedPipeline {
  const text = `modules:\n  - name: A # \${IN_A_COMMENT}\n    type: t\n    parameters:\n      ${parameters}\n`;
  return readPipeline(text, { file: "c.yml", set });
}

function parametersOf(parameters: string, set: Record<string, string> = {}): JsonObject | undefined {
  const result = read(parameters, set);
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join("\n"));
  return result.manifest.spec.modules[0]?.parameters;
}

const SUBSTITUTED: readonly [what: string, parameters: string, set: Record<string, string>, expected: JsonObject][] = [
  ["a number by itself", "a: ${N}", { N: "3" }, { a: 3 }],
  ["a boolean by itself", "a: ${N}", { N: "true" }, { a: true }],
  ["a text in quotes", 'a: "${N}"', { N: "3" }, { a: "3" }],
  ["a part of a text", "a: f${N}-s${M}", { N: "3", M: "x y" }, { a: "f3-sx y" }],
  ["digits joined to a number", "a: 1${N}", { N: "3" }, { a: 13 }],
  ["in a list", "a: [${N}, ${M}]", { N: "1", M: "b" }, { a: [1, "b"] }],
  ["in a mapping in one line", "a: {b: ${N}}", { N: "1" }, { a: { b: 1 } }],
  ["as a key", "${N}: 1", { N: "b" }, { b: 1 }],
  ["its default", "a: ${N:-1.5}", {}, { a: 1.5 }],
  ["an empty default", 'a: "${N:-}"', {}, { a: "" }],
  ["a default with blanks and colons", "a: ${N:-see: this, too}", {}, { a: "see: this, too" }],
  ["its value rather than its default", "a: ${N:-1}", { N: "2" }, { a: 2 }],
  ["nothing where it is escaped", "a: $${N}", { N: "2" }, { a: "${N}" }],
  ["nothing where it is none", "a: $N ${N-1} 5$", {}, { a: "$N ${N-1} 5$" }],
  ["no structure", "a: ${N}", { N: "1, b: [2]\nc: 3" }, { a: "1, b: [2]\nc: 3" }],
  ["no further placeholder", "a: ${N}", { N: "${M}", M: "1" }, { a: "${M}" }],
  ["in a block of text", "a: |\n        x ${N}\n        y", { N: "3" }, { a: "x 3\ny\n" }],
];

for (const [what, parameters, set, expected] of SUBSTITUTED) {
  test(`a placeholder becomes ${what}`, (t) => {
    t.deepEqual(parametersOf(parameters, set), expected);
  });
}

test("a placeholder without value is refused, with its place and the flag to give", (t) => {
  const result = read("a: x${SIZE}", { SIEZ: "1" });
  t.deepEqual(result.ok ? [] : result.problems, [
    {
      code: "MissingPlaceholder",
      message: "The placeholder ${SIZE} has no value.",
      hint: 'A value was given for "SIEZ". Give it as --set SIZE=VALUE.',
      path: "modules[0].parameters.a",
      line: 5,
      column: 10,
      file: "c.yml",
    },
  ]);
});

test("in a manifest too, but neither in ConfigMaps nor in pod templates", (t) => {
  const text = `apiVersion: v1
kind: ConfigMap
metadata: { name: code }
data:
  a.ts: "console.log(\`\${X}\`)"
---
apiVersion: troupe.dev/v1alpha1
kind: Pipeline
metadata: { name: p }
spec:
  modules: [{ name: A, type: t, group: g, parameters: { x: \${X} } }]
  groups: [{ name: g, template: { spec: { containers: [{ name: side, args: ["\${X}"] }] } } }]
`;
  const result = readPipeline(text, { file: "p.yaml", set: { X: "7" } });
  if (!result.ok) throw new Error("refused");
  t.deepEqual(result.configMaps, [{ name: "code", data: { "a.ts": "console.log(`${X}`)" } }]);
  t.deepEqual(result.manifest.spec.modules[0]?.parameters, { x: 7 });
  t.deepEqual(result.manifest.spec.groups?.[0]?.template, { spec: { containers: [{ name: "side", args: ["${X}"] }] } });
});
