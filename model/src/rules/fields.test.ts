import test from "ava";
import { testCases, ONE } from "./rule-cases.ts";

testCases(test, [
  {
    rule: "an empty required field",
    spec: "  modules:\n    - name: A\n      type:\n      group: g\n",
    expected: [["MissingField", "spec.modules[0].type", "7:7", '"type"', 'Add "type"']],
  },
  {
    rule: "a number where a text belongs",
    spec: "  modules:\n    - { name: 1, type: t, group: g }\n",
    expected: [
      ["InvalidValue", "spec.modules[0].name", "6:15", "Expected a text, but found 1", 'Put it in quotes: "1"'],
    ],
  },
  {
    rule: "a number out of range",
    spec: `${ONE}  jobs: { maxAttempts: 0, timeoutSeconds: 0 }\n`,
    expected: [
      ["InvalidValue", "spec.jobs.maxAttempts", "7:24", "0 is out of range", "a whole number of at least 1"],
      ["InvalidValue", "spec.jobs.timeoutSeconds", "7:43", "0 is out of range", "a number above 0"],
    ],
  },
  {
    rule: "a module name with a line break",
    spec: '  modules:\n    - { name: "A\\nB", type: t, group: g }\n',
    expected: [
      ["InvalidName", "spec.modules[0].name", "6:15", '"A\\nB" is no name of a module', "printable characters"],
    ],
  },
  {
    rule: "a backoff that shrinks",
    spec: `${ONE}  jobs: { backoff: { initialSeconds: 9, maxSeconds: 2 } }\n`,
    expected: [
      [
        "InvalidValue",
        "spec.jobs.backoff.initialSeconds",
        "7:38",
        "(9 s) is longer than the longest (2 s)",
        "Lower initialSeconds",
      ],
    ],
  },
  {
    rule: "a source that says nothing",
    spec: `  source: {}\n${ONE}`,
    expected: [["MissingField", "spec.source", "5:3", "neither a configMap nor an image", "Name a ConfigMap"]],
  },
  {
    rule: "a name of a ConfigMap that Kubernetes refuses",
    spec: `  source: { configMap: My_Modules }\n${ONE}`,
    expected: [["InvalidValue", "spec.source.configMap", "5:24", '"My_Modules"', "lower-case letters"]],
  },
]);
