/** For each code of {@link PROBLEM_CODES} one text in which it is found, where, and what is said. Used by tests alone. */
import { API_VERSION, type ModuleTypeFacts } from "./manifest.ts";
import type { ProblemCode } from "./problem.ts";
import { facts } from "./rules/rule-cases.ts";

export interface ProblemCase {
  readonly text: string;
  readonly types?: readonly ModuleTypeFacts[];
  readonly set?: Readonly<Record<string, string>>;
  readonly path: string;
  /** Line and column, counted from 1. */
  readonly place: string;
  /** The whole message. */
  readonly message: string;
  /** The whole cure. */
  readonly hint: string;
}

/** A Pipeline whose spec begins in line 5. */
function pipeline(...spec: readonly string[]): string {
  return [`apiVersion: ${API_VERSION}`, "kind: Pipeline", "metadata: { name: p }", "spec:", ...spec, ""].join("\n");
}

const A = "    - { name: A, type: t, group: g }";
const B = "    - { name: B, type: t, group: g, dependsOn: [A] }";
const MODULES = "  modules:";

/** `{ name: m0, … }` and so on, one a line; the list's key is in line 5. */
function many(count: number, fields: (index: number) => string): string[] {
  return [
    MODULES,
    ...Array.from({ length: count }, (_, index) => `    - { name: m${String(index)}, ${fields(index)} }`),
  ];
}

function names(count: number): string {
  return Array.from({ length: count }, (_, index) => `m${String(index)}`).join(", ");
}

/** A MAGDA configuration; `modules` is in line 1. */
function magda(...lines: readonly string[]): string {
  return ["modules:", "  - { name: A, type: t, group: g1 }", ...lines, ""].join("\n");
}

const SECOND = "---\napiVersion: troupe.dev/v1alpha1\nkind: Group\nmetadata: { name: tuned }\nspec: ";

export const PROBLEM_CASES: Readonly<Record<ProblemCode, ProblemCase>> = {
  AggregateMismatch: {
    text: pipeline(MODULES, "    - { name: A, type: t, group: g, aggregate: true }"),
    types: [facts("t")],
    path: "spec.modules[0].aggregate",
    place: "6:48",
    message: 'Module "A" is declared to be an aggregate, but its type "t" is none.',
    hint: "Remove aggregate: the type knows.",
  },
  AggregateNotReplicable: {
    text: pipeline(
      MODULES,
      "    - { name: A, type: t, group: g, aggregate: true }",
      "  groups: [{ name: g, replicas: 3 }]",
    ),
    path: "spec.groups[0].replicas",
    place: "7:33",
    message: 'The group "g" has the aggregate "A", but up to 3 replicas.',
    hint: "Leave it at one replica. To replicate the other modules, move them into a group of their own.",
  },
  AmbiguousYaml: {
    text: pipeline(MODULES, "    - { name: A, type: t, group: g, parameters: { a: 010 } }"),
    path: "spec.modules[0].parameters.a",
    place: "6:54",
    message: "010 is read as 10, but kubectl takes it for 8.",
    hint: 'Write 10 for the number, or "010" for the text.',
  },
  DisjointGraph: {
    text: pipeline(MODULES, A, B, "    - { name: C, type: t, group: g }"),
    path: "spec.modules[2]",
    place: "8:7",
    message: "The modules fall into 2 parts that no dependency connects: A, B | C.",
    hint: "Connect them by a dependency, or declare a pipeline for each part.",
  },
  DuplicateDependency: {
    text: pipeline(MODULES, A, "    - { name: B, type: t, group: g, dependsOn: [A, A] }"),
    path: "spec.modules[1].dependsOn[1]",
    place: "7:52",
    message: 'Module "B" depends on "A" twice.',
    hint: "Remove one of the two.",
  },
  DuplicateGroup: {
    text: pipeline(MODULES, A, "  groups:", "    - name: g", "    - name: g"),
    path: "spec.groups[1].name",
    place: "9:13",
    message: 'The group "g" is listed already, as spec.groups[0].',
    hint: "Join the two into one.",
  },
  DuplicateKey: {
    text: pipeline(MODULES, A, "  suspend: false", "  suspend: true"),
    path: "spec.suspend",
    place: "8:3",
    message: 'The key "suspend" is given twice in the same mapping.',
    hint: "Remove one of the two, or rename it.",
  },
  DuplicateModule: {
    text: pipeline(MODULES, A, A),
    path: "spec.modules[1].name",
    place: "7:15",
    message: 'There are two modules named "A"; the first is spec.modules[0].',
    hint: "Give one of them another name.",
  },
  EmptyFile: {
    text: "# nothing\n---\n",
    path: "",
    place: "1:1",
    message: "p.yaml is empty.",
    hint: "Declare a Pipeline in it.",
  },
  EmptyGroup: {
    text: pipeline(MODULES, A, "  groups:", "    - { name: gg }"),
    path: "spec.groups[0].name",
    place: "8:15",
    message: 'No module is in the group "gg".',
    hint: 'Did you mean "g"? Put a module into it, or remove it. Modules are in: g.',
  },
  ExposeCollision: {
    text: pipeline(
      MODULES,
      "    - { name: A, type: t, group: g, expose: true }",
      "    - { name: B, type: t, group: g, dependsOn: [A], expose: A }",
    ),
    path: "spec.modules[1].expose",
    place: "7:61",
    message: 'Modules "A" and "B" both expose their result as "A".',
    hint: "Expose one of them under another name.",
  },
  GroupCycle: {
    text: pipeline(
      MODULES,
      "    - { name: A, type: t, group: g1 }",
      "    - { name: B, type: t, group: g2, dependsOn: [A] }",
      "    - { name: C, type: t, group: g1, dependsOn: [B] }",
    ),
    path: "spec.modules[2].dependsOn[0]",
    place: "8:50",
    message:
      'The groups wait for each other in a circle: g1 → g2 → g1 ("B" in g2 needs "A" in g1; "C" in g1 needs "B" in g2).',
    hint: "A group starts when everything that its modules need from outside is done. Move one of these modules into a group of its own, or join the groups.",
  },
  IgnoredDocument: {
    text: pipeline(MODULES, A) + SECOND + "{ pipelineRef: { name: pp }, group: g }\n",
    path: "Group/tuned.spec.pipelineRef.name",
    place: "11:30",
    message: 'The Group "tuned" belongs to the pipeline "pp", which is not in this file.',
    hint: 'It has no effect on "p". Did you mean "p"?',
  },
  IgnoredField: {
    text: magda("shared_parameter: {}"),
    path: "shared_parameter",
    place: "3:1",
    message: '"shared_parameter" has no effect.',
    hint: 'Did you mean "shared_parameters"? A configuration may have: name, modules, groups, shared_parameters, context.',
  },
  IgnoredOption: {
    text: magda("groups:", "  - name: g1", "    options: { max_restarts: -1 }"),
    path: "groups[0].options.max_restarts",
    place: "5:16",
    message: 'The option "max_restarts" has no effect.',
    hint: "Replicas that die are always replaced; jobs.maxAttempts of a Pipeline says how often a job is tried.",
  },
  InterfaceMismatch: {
    text: pipeline(
      MODULES,
      "    - { name: A, type: words, group: g }",
      "    - { name: B, type: sum, group: g, dependsOn: [A] }",
    ),
    types: [facts("words", { produces: "Text" }), facts("sum", { accepts: ["Number", "digits"] })],
    path: "spec.modules[1].dependsOn[0]",
    place: "7:51",
    message:
      'Module "B" (sum) does not take the result of "A" (words, which produces Text). It accepts: Number, digits.',
    hint: "Let words produce one of these, let sum accept Text, or remove the dependency.",
  },
  InvalidName: {
    text: pipeline(MODULES, "    - { name: A, type: t, group: My_Group }"),
    path: "spec.modules[0].group",
    place: "6:34",
    message:
      '"My_Group" is no name of a group: a group name has lower-case letters, digits and "-" inside, and at most 40 characters.',
    hint: 'For instance "my-group".',
  },
  InvalidQuantity: {
    text: pipeline(MODULES, A, "  groups: [{ name: g, resources: { cpu: 1.5 } }]"),
    path: "spec.groups[0].resources.cpu",
    place: "7:41",
    message: "1.5 is a fraction without quotes.",
    hint: 'Put it in quotes: "1.5".',
  },
  InvalidValue: {
    text: pipeline(MODULES, A, '  jobs: { maxAttempts: "3" }'),
    path: "spec.jobs.maxAttempts",
    place: "7:24",
    message: 'Expected a whole number of at least 1 and at most 1000, but found the text "3".',
    hint: "Remove the quotes: 3.",
  },
  InvalidYaml: {
    text: "modules:\n\t- name: A\n",
    path: "",
    place: "2:1",
    message: "The text is no valid YAML: tab characters must not be used in indentation.",
    hint: "Check indentation (spaces only), brackets, and that texts with `: ` or a leading `@`, `%`, `*` or `&` stand in quotes.",
  },
  MissingField: {
    text: pipeline(MODULES, "    - { name: A, group: g }"),
    path: "spec.modules[0].type",
    place: "6:7",
    message: 'The field "type" of a module is missing.',
    hint: 'Add "type".',
  },
  MissingPipeline: {
    text: "kind: Service\napiVersion: v1\n",
    path: "",
    place: "1:1",
    message: "The file has no pipeline, only: Service.",
    hint: "Declare one: apiVersion: troupe.dev/v1alpha1, kind: Pipeline; a MAGDA configuration has modules at its top level.",
  },
  MissingPlaceholder: {
    text: pipeline(MODULES, "    - { name: A, type: t, group: g, parameters: { a: x${SIZE} } }"),
    path: "spec.modules[0].parameters.a",
    place: "6:54",
    message: "The placeholder ${SIZE} has no value.",
    hint: "Give it one with --set SIZE=VALUE, or write a default: ${SIZE:-VALUE}. To mean the characters themselves write $${SIZE}.",
  },
  MixedParents: {
    text: pipeline(
      MODULES,
      "    - { name: R, type: t, group: g }",
      "    - { name: A, type: t, group: g, dependsOn: [R], aggregate: true }",
      "    - { name: X, type: t, group: g, dependsOn: [A, R] }",
    ),
    path: "spec.modules[2].dependsOn[1]",
    place: "8:52",
    message:
      'Module "X" depends on "R", which runs for every job, and on "A", which is an aggregate and gives a result only when the pipeline is asked to process.',
    hint: 'Let the aggregate collect the result of "R" too, and depend on the aggregate alone.',
  },
  ModuleCycle: {
    text: pipeline(
      MODULES,
      "    - { name: A, type: t, group: g, dependsOn: [B] }",
      "    - { name: B, type: t, group: g, dependsOn: [A] }",
    ),
    path: "spec.modules[0].dependsOn[0]",
    place: "6:49",
    message: "The modules wait for each other in a circle: A → B → A.",
    hint: 'Remove one of these dependencies, for instance "B" from those of "A".',
  },
  NoModules: {
    text: pipeline("  modules: []"),
    path: "spec.modules",
    place: "5:3",
    message: "The pipeline has no modules.",
    hint: "Declare at least one under modules.",
  },
  ParametersTooLarge: {
    text: pipeline(
      MODULES,
      "    - { name: A, type: t, group: g, parameters: { a: small } }",
      `    - { name: B, type: t, group: g, dependsOn: [A], parameters: { a: ${"x".repeat(256 * 1024)} } }`,
    ),
    path: "spec.modules[1].parameters",
    place: "7:53",
    message: "All parameters together take 262165 bytes; 262144 are allowed (spec.modules[1].parameters takes 262152).",
    hint: "Keep large values in a file beside the modules, or in the job's input, and pass their name.",
  },
  RenamedGroup: {
    text: magda("  - { name: B, type: t, group: My Group, depends_on: [A] }"),
    path: "modules[1].group",
    place: "3:32",
    message: 'The group "My Group" is called "my-group" here.',
    hint: "Write my-group in the file to have one name everywhere: groups become Kubernetes objects, whose names have lower-case letters, digits and dashes.",
  },
  ReplicasWithAutoscale: {
    text: pipeline(MODULES, A, "  groups: [{ name: g, replicas: 2, autoscale: { maxReplicas: 3 } }]"),
    path: "spec.groups[0].autoscale",
    place: "7:36",
    message: 'The group "g" has both a fixed number of replicas (spec.groups[0].replicas) and autoscale.',
    hint: "Remove one of the two: replicas fixes the number, autoscale changes it.",
  },
  SelfDependency: {
    text: pipeline(MODULES, "    - { name: A, type: t, group: g, dependsOn: [A] }"),
    path: "spec.modules[0].dependsOn[0]",
    place: "6:49",
    message: 'Module "A" depends on itself, so it could never start.',
    hint: 'Remove "A" from its own dependencies.',
  },
  TemplateConflict: {
    text: pipeline(
      MODULES,
      A,
      "  groups:",
      "    - name: g",
      "      template: { metadata: { labels: { troupe.dev/group: x } } }",
    ),
    path: 'spec.groups[0].template.metadata.labels["troupe.dev/group"]',
    place: "9:59",
    message: "The label troupe.dev/group selects the pods of a group, so a template cannot set it.",
    hint: "Use a label of your own.",
  },
  TextLooksBoolean: {
    text: magda("  - { name: B, type: t, group: g1, depends_on: [A], parameters: { a: yes } }"),
    path: "modules[1].parameters.a",
    place: "3:70",
    message: "yes is read as a text, not as true.",
    hint: 'Write true if you mean the boolean, or "yes" if you mean the text.',
  },
  TooManyDependencies: {
    text: pipeline(
      ...many(18, (index) =>
        index === 17
          ? `type: t, group: g, dependsOn: [${names(17)}]`
          : `type: t, group: g${index === 0 ? "" : ", dependsOn: [m0]"}`,
      ),
    ),
    path: "spec.modules[17].dependsOn",
    place: "23:39",
    message: 'Module "m17" depends on 17 modules; 16 are allowed.',
    hint: "Put a module in between that gathers some of them.",
  },
  TooManyGroups: {
    text: pipeline(
      ...many(
        65,
        (index) => `type: t, group: g${String(index)}${index === 0 ? "" : `, dependsOn: [m${String(index - 1)}]`}`,
      ),
    ),
    path: "spec.modules",
    place: "5:3",
    message: "The pipeline has 65 groups; 64 are allowed.",
    hint: "Let several modules share a group.",
  },
  TooManyModules: {
    text: pipeline(
      ...many(129, (index) => `type: t, group: g${index === 0 ? "" : `, dependsOn: [m${String(index - 1)}]`}`),
    ),
    path: "spec.modules[128]",
    place: "134:7",
    message: "The pipeline has 129 modules; 128 are allowed.",
    hint: "Join small modules, or split the pipeline in two.",
  },
  TooManyPipelines: {
    text: `${pipeline(MODULES, A)}---\n${pipeline(MODULES, A)}`,
    path: "",
    place: "8:1",
    message: "The file has 2 pipelines.",
    hint: "Put each into a file of its own.",
  },
  UnknownDependency: {
    text: pipeline(
      MODULES,
      "    - { name: load, type: t, group: g }",
      "    - { name: B, type: t, group: g, dependsOn: [laod] }",
    ),
    path: "spec.modules[1].dependsOn[0]",
    place: "7:49",
    message: 'Module "B" depends on "laod", which is not declared.',
    hint: 'Did you mean "load"? Declared are: "load".',
  },
  UnknownField: {
    text: pipeline(MODULES, "    - { name: A, type: t, group: g, depends_on: [] }"),
    path: "spec.modules[0].depends_on",
    place: "6:37",
    message: '"depends_on" is no field of a module.',
    hint: 'Did you mean "dependsOn"? It may have: name, type, group, dependsOn, parameters, expose, aggregate, timeoutSeconds, estimateSeconds.',
  },
  UnknownGroup: {
    text: pipeline(MODULES, A) + SECOND + "{ pipelineRef: { name: p }, group: h }\n",
    path: "Group/tuned.spec.group",
    place: "11:42",
    message: 'The pipeline has no group "h".',
    hint: 'Did you mean "g"? Its groups are: g.',
  },
  UnknownModuleType: {
    text: pipeline(MODULES, "    - { name: A, type: example-modul, group: g }"),
    types: [facts("example-module", { file: "modules/example.ts" }), facts("other")],
    path: "spec.modules[0].type",
    place: "6:24",
    message: 'Module "A" has the type "example-modul", which is not registered.',
    hint: 'Did you mean "example-module"? Registered are: example-module, other. Looked at: modules/example.ts.',
  },
  UnusedPlaceholder: {
    text: pipeline(MODULES, A),
    set: { SIZE: "3" },
    path: "",
    place: "1:1",
    message: 'A value was given for "SIZE", but no placeholder ${SIZE} is in the file.',
    hint: "Write ${SIZE} where the value belongs, or leave out --set SIZE=….",
  },
};
