import test from "ava";
import { testCases, facts, ONE, TWO } from "./rule-cases.ts";

testCases(test, [
  {
    rule: "two modules of one name",
    spec: "  modules:\n    - { name: A, type: t, group: g }\n    - { name: A, type: t, group: g }\n",
    expected: [
      [
        "DuplicateModule",
        "spec.modules[1].name",
        "7:15",
        'two modules named "A"; the first is spec.modules[0]',
        "another name",
      ],
    ],
  },
  {
    rule: "an unknown dependency, with the nearest",
    spec: "  modules:\n    - { name: load, type: t, group: g }\n    - { name: B, type: t, group: g, dependsOn: [laod] }\n",
    expected: [
      [
        "UnknownDependency",
        "spec.modules[1].dependsOn[0]",
        "7:49",
        'Module "B" depends on "laod", which is not declared',
        'Did you mean "load"?',
      ],
    ],
  },
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
    rule: "a dependency on itself",
    spec: "  modules:\n    - { name: A, type: t, group: g, dependsOn: [A] }\n",
    expected: [
      ["SelfDependency", "spec.modules[0].dependsOn[0]", "6:49", 'Module "A" depends on itself', 'Remove "A"'],
    ],
  },
  {
    rule: "a dependency given twice",
    spec: `${ONE}    - { name: B, type: t, group: g, dependsOn: [A, A] }\n`,
    expected: [
      ["DuplicateDependency", "spec.modules[1].dependsOn[1]", "7:52", '"B" depends on "A" twice', "Remove one"],
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
    rule: "a circle of groups without one of modules",
    spec: "  modules:\n    - { name: A, type: t, group: g1 }\n    - { name: B, type: t, group: g2, dependsOn: [A] }\n    - { name: C, type: t, group: g1, dependsOn: [B] }\n",
    expected: [
      [
        "GroupCycle",
        "spec.modules[2].dependsOn[0]",
        "8:50",
        'g1 → g2 → g1 ("B" in g2 needs "A" in g1; "C" in g1 needs "B" in g2)',
        "a group of its own",
      ],
    ],
  },
  {
    rule: "modules that nothing connects",
    spec: `${TWO}    - { name: C, type: t, group: g }\n`,
    expected: [
      ["DisjointGraph", "spec.modules[2]", "8:7", "2 parts that no dependency connects: A, B | C", "Connect them"],
    ],
  },
  {
    rule: "two results of one name",
    spec: "  modules:\n    - { name: A, type: t, group: g, expose: true }\n    - { name: B, type: t, group: g, dependsOn: [A], expose: A }\n",
    expected: [
      [
        "ExposeCollision",
        "spec.modules[1].expose",
        "7:61",
        'Modules "A" and "B" both expose their result as "A"',
        "another name",
      ],
    ],
  },
  {
    rule: "an aggregate in a replicated group, by declaration",
    spec: "  modules:\n    - { name: A, type: t, group: g, aggregate: true }\n  groups: [{ name: g, replicas: 3 }]\n",
    expected: [
      [
        "AggregateNotReplicable",
        "spec.groups[0].replicas",
        "7:33",
        'group "g" has the aggregate "A", but up to 3 replicas',
        "Leave it at one",
      ],
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
  {
    rule: "regular and aggregated parents",
    spec: "  modules:\n    - { name: R, type: t, group: g }\n    - { name: A, type: t, group: g, dependsOn: [R], aggregate: true }\n    - { name: X, type: t, group: g, dependsOn: [A, R] }\n",
    expected: [
      [
        "MixedParents",
        "spec.modules[2].dependsOn[1]",
        "8:52",
        'Module "X" depends on "R", which runs for every job, and on "A", which is an aggregate',
        "depend on the aggregate alone",
      ],
    ],
  },
  {
    rule: "no modules",
    spec: "  modules: []\n",
    expected: [["NoModules", "spec.modules", "5:3", "no modules", "at least one"]],
  },
]);
