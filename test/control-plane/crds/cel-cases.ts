/** One spec for every rule in CEL of the CRDs and of the policy, with the place and the words in which the API server refuses it. */
import type { ProblemCode } from "@troupe/model";
import type { Loose } from "./loose.ts";

export interface CelCase {
  readonly kind: "Pipeline" | "Group";
  /** Where kubectl says that it is wrong; empty: the object as a whole, or the policy, which names no place. */
  readonly place: string;
  readonly says: string;
  /** What the validator calls it. */
  readonly code: ProblemCode;
  readonly spec: Loose;
}

const A = { name: "A", type: "t", group: "g" };
const B = { name: "B", type: "t", group: "g" };
const AGGREGATE = { ...A, aggregate: true };

const NO_SOURCE = "The source names neither a configMap nor an image: name one of them, or both.";
const LITTLE_MEMORY = "Less than 1Mi of memory is less than any process needs: give the unit, for instance 512Mi.";
const BROKEN_GPU = "Above one, GPUs are claimed whole; only less than one GPU can be shared.";
const SHUT_BOUNDS = "minReplicas is above maxReplicas: lower the one, or raise the other.";
const FIXED_AND_MOVING = "replicas fixes the number of replicas, and autoscale changes it: remove one of the two.";

export const LONG_NAME = "x".repeat(41);

/** Rules of the CRDs. */
export const CEL_CASES: readonly CelCase[] = [
  pipeline("spec.source", NO_SOURCE, "MissingField", { source: {}, modules: [A] }),
  pipeline(
    "spec.modules[1].dependsOn",
    "The module depends on itself, so it could never start: remove it from its own dependencies.",
    "SelfDependency",
    { modules: [A, { ...B, dependsOn: ["A", "B"] }] },
  ),
  pipeline(
    "spec.modules",
    "A module depends on one that is not declared: every name in dependsOn is the name of a module.",
    "UnknownDependency",
    { modules: [A, { ...B, dependsOn: ["C"] }] },
  ),
  pipeline("spec.groups", "A listed group has no modules: put a module into it, or remove it.", "EmptyGroup", {
    modules: [A],
    groups: [{ name: "h" }],
  }),
  pipeline(
    "spec.groups",
    "A group with an aggregate stays at one replica: move its other modules into a group of their own.",
    "AggregateNotReplicable",
    { modules: [AGGREGATE], groups: [{ name: "g", replicas: 2 }] },
  ),
  pipeline(
    "spec.groups",
    "A group with an aggregate stays at one replica: leave out autoscale, or set maxReplicas to 1.",
    "AggregateNotReplicable",
    { modules: [AGGREGATE], groups: [{ name: "g", autoscale: { maxReplicas: 2 } }] },
  ),
  pipeline(
    "spec.jobs.backoff.initialSeconds",
    "The first pause is longer than the longest: lower initialSeconds, or raise maxSeconds.",
    "InvalidValue",
    { modules: [A], jobs: { backoff: { initialSeconds: 2.5, maxSeconds: 2 } } },
  ),
  ...settings("resources.memory", LITTLE_MEMORY, "InvalidQuantity", { resources: { memory: "1023Ki" } }),
  ...settings("resources.gpu", BROKEN_GPU, "InvalidQuantity", { resources: { gpu: "1.001" } }),
  ...settings("autoscale.minReplicas", SHUT_BOUNDS, "InvalidValue", { autoscale: { minReplicas: 2, maxReplicas: 1 } }),
  ...settings("autoscale", FIXED_AND_MOVING, "ReplicasWithAutoscale", { replicas: 1, autoscale: { maxReplicas: 1 } }),
  group("spec.source", NO_SOURCE, "MissingField", { source: {} }),
  group(
    "spec.pipelineRef",
    "The Group refers to a pipeline, but does not say which of its groups it settles: add group.",
    "MissingField",
    { pipelineRef: { name: "p" } },
  ),
  group(
    "spec.group",
    "The Group names a group, but not the pipeline that has it: add pipelineRef, or remove group.",
    "MissingField",
    { group: "g" },
  ),
  group(
    "spec.source",
    "A Group of a pipeline has no source of its own: set the source of the Pipeline instead.",
    "InvalidValue",
    { pipelineRef: { name: "p" }, group: "g", source: { image: "film:1" } },
  ),
  group("", "The name of a free-standing Group has at most 40 characters.", "InvalidName", {}),
];

/** Rules of the policy. */
export const POLICY_CASES: readonly CelCase[] = [
  pipeline(
    "",
    'ModuleCycle: the modules wait for each other in a circle: "A" depends on "B", and that in the end on "A". Remove one of the dependencies; `troupe validate` names all of them.',
    "ModuleCycle",
    {
      modules: [
        { ...A, dependsOn: ["B"] },
        { ...B, dependsOn: ["A"] },
      ],
    },
  ),
  pipeline(
    "",
    'GroupCycle: the groups wait for each other in a circle: "h" needs a module of "g", and that in the end one of "h". A group starts when all that its modules need from outside is done: move a module into a group of its own, or join the groups.',
    "GroupCycle",
    {
      modules: [A, { ...B, group: "h", dependsOn: ["A"] }, { ...A, name: "C", dependsOn: ["B"] }],
    },
  ),
  pipeline("", "InvalidValue: expose is true, false or a name.", "InvalidValue", { modules: [{ ...A, expose: 1 }] }),
  pipeline(
    "",
    "ExposeCollision: two modules expose their result under the same name: expose one of them under another.",
    "ExposeCollision",
    {
      modules: [
        { ...A, expose: "x" },
        { ...B, expose: "x", dependsOn: ["A"] },
      ],
    },
  ),
];

function pipeline(place: string, says: string, code: ProblemCode, spec: Loose): CelCase {
  return { kind: "Pipeline", place, says, code, spec };
}

function group(place: string, says: string, code: ProblemCode, spec: Loose): CelCase {
  return { kind: "Group", place, says, code, spec };
}

/** What both a listed group and a Group may get wrong. */
function settings(place: string, says: string, code: ProblemCode, wrong: Loose): CelCase[] {
  return [
    pipeline(`spec.groups[0].${place}`, says, code, { modules: [A], groups: [{ name: "g", ...wrong }] }),
    group(`spec.${place}`, says, code, wrong),
  ];
}
