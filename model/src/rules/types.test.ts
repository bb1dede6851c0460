import test from "ava";
import { testCases, facts, ONE, TWO } from "./rule-cases.ts";

testCases(test, [
  {
    rule: "an unknown type",
    spec: "  modules:\n    - { name: A, type: example-modul, group: g }\n",
    types: [facts("example-module", { file: "modules/example.ts" }), facts("other")],
    lookedIn: ["modules/empty.ts"],
    expected: [
      [
        "UnknownModuleType",
        "spec.modules[0].type",
        "6:24",
        'Module "A" has the type "example-modul", which is not registered',
        'Did you mean "example-module"? Registered are: example-module, other. Looked at: modules/empty.ts, modules/example.ts.',
      ],
    ],
  },
  {
    rule: "an unknown type where nothing is registered",
    spec: ONE,
    types: [],
    expected: [
      ["UnknownModuleType", "spec.modules[0].type", "6:24", '"t"', "No type is registered. No file was looked at."],
    ],
  },
  {
    rule: "an aggregate that its type is not",
    spec: "  modules:\n    - { name: A, type: t, group: g, aggregate: true }\n",
    types: [facts("t")],
    expected: [
      [
        "AggregateMismatch",
        "spec.modules[0].aggregate",
        "6:48",
        'declared to be an aggregate, but its type "t" is none',
        "Remove aggregate",
      ],
    ],
  },
  {
    rule: "an interface that is not accepted",
    spec: "  modules:\n    - { name: A, type: words, group: g }\n    - { name: B, type: sum, group: g, dependsOn: [A] }\n",
    types: [facts("words", { produces: "Text" }), facts("sum", { accepts: ["Number", "digits"] })],
    expected: [
      [
        "InterfaceMismatch",
        "spec.modules[1].dependsOn[0]",
        "7:51",
        'Module "B" (sum) does not take the result of "A" (words, which produces Text). It accepts: Number, digits.',
        "accept Text",
      ],
    ],
  },
  {
    rule: "an interface that accepts nothing",
    spec: TWO,
    types: [facts("t", { accepts: [] })],
    expected: [
      [
        "InterfaceMismatch",
        "spec.modules[1].dependsOn[0]",
        "7:49",
        "declares no interface). It accepts: nothing.",
        "remove the dependency",
      ],
    ],
  },
]);
