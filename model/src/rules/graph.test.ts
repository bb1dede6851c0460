import test from "ava";
import { testCases, facts, ONE } from "./rule-cases.ts";

testCases(test, [
  {
    rule: "a dependency on a group",
    spec: "  modules:\n    - { name: A, type: t, group: g1 }\n    - { name: B, type: t, group: g2, dependsOn: [g1] }\n",
    expected: [
      [
        "UnknownDependency",
        "spec.modules[1].dependsOn[0]",
        "7:50",
        '"g1"',
        '"g1" is a group. Depend on its modules instead: "A"',
      ],
    ],
  },
  {
    rule: "a circle of modules, once, although their groups form one too",
    spec: "  modules:\n    - { name: A, type: t, group: g1, dependsOn: [C] }\n    - { name: B, type: t, group: g2, dependsOn: [A] }\n    - { name: C, type: t, group: g3, dependsOn: [B] }\n",
    expected: [
      ["ModuleCycle", "spec.modules[0].dependsOn[0]", "6:50", "A → B → C → A", 'for instance "C" from those of "A"'],
    ],
  },
  {
    rule: "an aggregate in an autoscaled group, by its type",
    spec: `${ONE}  groups: [{ name: g, autoscale: { maxReplicas: 2 } }]\n`,
    types: [facts("t", { aggregate: true })],
    expected: [
      ["AggregateNotReplicable", "spec.groups[0].autoscale.maxReplicas", "7:49", "up to 2 replicas", "Leave it at one"],
    ],
  },
]);
