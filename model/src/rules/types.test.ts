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
