import test from "ava";
import type { ModuleTypeFacts } from "./manifest.ts";
import { PROBLEM_CODES, type Problem } from "./problem.ts";
import { readPipeline } from "./read/read-pipeline.ts";

interface Case {
  readonly rule: string;
  readonly spec: string;
  readonly types?: readonly ModuleTypeFacts[];
  readonly lookedIn?: readonly string[];
  /** Code, path, line and column, then parts of message and hint. */
  readonly expected: readonly [code: string, path: string, place: string, message: string, hint: string][];
}

// The spec begins in line 5, indented by two.
const HEAD = "apiVersion: troupe.dev/v1alpha1\nkind: Pipeline\nmetadata: { name: p }\nspec:\n";
const GROUP = "---\napiVersion: troupe.dev/v1alpha1\nkind: Group\nmetadata: { name: tuned }\nspec:\n";
const ONE = "  modules:\n    - { name: A, type: t, group: g }\n";
const TWO = `${ONE}    - { name: B, type: t, group: g, dependsOn: [A] }\n`;

function problemsOf(spec: string, options: Partial<Case> = {}): readonly Problem[] {
  const { types, lookedIn } = options;
  const result = readPipeline(HEAD + spec, {
    file: "p.yaml",
    ...(types === undefined ? {} : { types }),
    ...(lookedIn === undefined ? {} : { lookedIn }),
  });
  return result.ok ? [] : result.problems;
}

function facts(type: string, more: Partial<ModuleTypeFacts> = {}): ModuleTypeFacts {
  return { type, aggregate: false, produces: null, accepts: null, file: null, ...more };
}

const CASES: readonly Case[] = [
  {
    rule: "an unknown field of a module, with the nearest",
    spec: "  modules:\n    - { name: A, type: t, group: g, depends_on: [] }\n",
    expected: [
      [
        "UnknownField",
        "spec.modules[0].depends_on",
        "6:37",
        '"depends_on" is no field of a module',
        'Did you mean "dependsOn"?',
      ],
    ],
  },
  {
    rule: "a missing field",
    spec: "  modules:\n    - { name: A, group: g }\n",
    expected: [
      ["MissingField", "spec.modules[0].type", "6:7", 'The field "type" of a module is missing', 'Add "type"'],
    ],
  },
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
    rule: "a text where a number belongs",
    spec: `${ONE}  jobs: { maxAttempts: "3" }\n`,
    expected: [["InvalidValue", "spec.jobs.maxAttempts", "7:24", 'found the text "3"', "Remove the quotes: 3."]],
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
    rule: "a group name that Kubernetes refuses",
    spec: "  modules:\n    - { name: A, type: t, group: My_Group }\n",
    expected: [
      ["InvalidName", "spec.modules[0].group", "6:34", '"My_Group" is no name of a group', 'For instance "my-group"'],
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
    rule: "a listed group without modules",
    spec: `${ONE}  groups:\n    - { name: gg }\n`,
    expected: [["EmptyGroup", "spec.groups[0].name", "8:15", 'No module is in the group "gg"', 'Did you mean "g"?']],
  },
  {
    rule: "a group listed twice",
    spec: `${ONE}  groups:\n    - name: g\n    - name: g\n`,
    expected: [
      ["DuplicateGroup", "spec.groups[1].name", "9:13", '"g" is listed already, as spec.groups[0]', "Join the two"],
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
    rule: "an unquoted fraction",
    spec: `${ONE}  groups: [{ name: g, resources: { cpu: 1.5, gpu: 0.5 } }]\n`,
    expected: [
      [
        "InvalidQuantity",
        "spec.groups[0].resources.cpu",
        "7:41",
        "1.5 is a fraction without quotes",
        'Put it in quotes: "1.5"',
      ],
      [
        "InvalidQuantity",
        "spec.groups[0].resources.gpu",
        "7:51",
        "0.5 is a fraction without quotes",
        'Put it in quotes: "0.5"',
      ],
    ],
  },
  {
    rule: "quantities that cannot be claimed",
    spec: `${ONE}  groups: [{ name: g, resources: { cpu: -1, memory: 512, gpu: "1.5" } }]\n`,
    expected: [
      ["InvalidQuantity", "spec.groups[0].resources.cpu", "7:41", "-1 is no quantity", "whole number"],
      ["InvalidQuantity", "spec.groups[0].resources.memory", "7:53", "512 bytes of memory", "512Mi"],
      ["InvalidQuantity", "spec.groups[0].resources.gpu", "7:63", "1.5 GPUs", "Claim 1 or 2"],
    ],
  },
  {
    rule: "replicas beside autoscale",
    spec: `${ONE}  groups: [{ name: g, replicas: 2, autoscale: { minReplicas: 5, maxReplicas: 3 } }]\n`,
    expected: [
      ["ReplicasWithAutoscale", "spec.groups[0].autoscale", "7:36", 'group "g" has both', "Remove one of the two"],
      [
        "InvalidValue",
        "spec.groups[0].autoscale.minReplicas",
        "7:62",
        "minReplicas (5) is above maxReplicas (3)",
        "Lower minReplicas",
      ],
    ],
  },
  {
    rule: "no replicas at all",
    spec: `${ONE}  groups: [{ name: g, replicas: 0 }]\n`,
    expected: [["InvalidValue", "spec.groups[0].replicas", "7:33", "0 is out of range", "of at least 1"]],
  },
  {
    rule: "no modules",
    spec: "  modules: []\n",
    expected: [["NoModules", "spec.modules", "5:3", "no modules", "at least one"]],
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
    rule: "a template that touches what is managed",
    spec: `${ONE}  groups:\n    - name: g\n      template:\n        metadata: { labels: { troupe.dev/group: x } }\n        spec:\n          volumes: [{ name: troupe-code }]\n          containers:\n            - { name: troupe, resources: {}, env: [{ name: TROUPE_GROUP, value: "\${HOME}" }] }\n`,
    expected: [
      [
        "TemplateConflict",
        'spec.groups[0].template.metadata.labels["troupe.dev/group"]',
        "10:49",
        "selects the pods",
        "label of your own",
      ],
      ["TemplateConflict", "spec.groups[0].template.spec.volumes[0].name", "12:29", "troupe-code", "another name"],
      [
        "TemplateConflict",
        "spec.groups[0].template.spec.containers[0].resources",
        "14:31",
        "resources of the main container",
        "Use resources of the group",
      ],
      [
        "TemplateConflict",
        "spec.groups[0].template.spec.containers[0].env[0].name",
        "14:60",
        "TROUPE_GROUP",
        "another name",
      ],
    ],
  },
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
  {
    rule: "a Group resource for a group that is not there, and one too many",
    spec: `${ONE}${GROUP}  pipelineRef: { name: p }\n  group: h\n${GROUP}  pipelineRef: { name: p }\n  group: g\n${GROUP}  pipelineRef: { name: p }\n  group: g\n`,
    expected: [
      ["UnknownGroup", "Group/tuned.spec.group", "13:10", 'no group "h"', 'Did you mean "g"?'],
      [
        "DuplicateGroup",
        "Group/tuned/3.spec.group",
        "27:10",
        '"g" is settled by Group/tuned/2 already',
        "Join the two",
      ],
    ],
  },
  {
    rule: "a Group resource that says only half of where it belongs",
    spec: `${ONE}${GROUP}  pipelineRef: { name: p }\n${GROUP}  group: g\n  replicas: -1\n${GROUP}  pipelineRef: { name: p }\n  group: g\n  source: { image: x }\n`,
    expected: [
      ["MissingField", "Group/tuned.spec.group", "12:3", "which of its groups", "Add group"],
      ["MissingField", "Group/tuned/2.spec.pipelineRef", "18:3", "not the pipeline", "Add pipelineRef"],
      ["InvalidValue", "Group/tuned/2.spec.replicas", "19:13", "-1 is out of range", "of at least 0"],
      ["InvalidValue", "Group/tuned/3.spec.source", "27:3", "no source of its own", "source of the Pipeline"],
    ],
  },
  {
    rule: "settings that only clash once they are joined",
    spec: `${ONE}  groups: [{ name: g, replicas: 2 }]\n${GROUP}  pipelineRef: { name: p }\n  group: g\n  autoscale: { maxReplicas: 4 }\n`,
    expected: [
      ["ReplicasWithAutoscale", "Group/tuned.spec.autoscale", "15:3", "(spec.groups[0].replicas)", "Remove one"],
    ],
  },
];

for (const { rule, spec, expected, ...options } of CASES) {
  test(`finds ${rule}`, (t) => {
    const problems = problemsOf(spec, options);
    t.deepEqual(
      problems.map(({ code, path, line, column }) => [code, path, `${String(line)}:${String(column)}`]),
      expected.map(([code, path, place]) => [code, path, place]),
    );
    expected.forEach(([, , , message, hint], index) => {
      t.true(problems[index]?.message.includes(message), problems[index]?.message);
      t.true(problems[index]?.hint.includes(hint), problems[index]?.hint);
    });
  });
}

test("every problem names the file, and has a listed code, a message and a hint", (t) => {
  const problems = CASES.flatMap(({ spec, ...options }) => problemsOf(spec, options));
  t.true(problems.length > CASES.length - 2);
  for (const { code, message, hint, file } of problems) {
    t.true(PROBLEM_CODES.includes(code));
    t.regex(message, /\.$/);
    t.not(hint, "");
    t.is(file, "p.yaml");
  }
});
