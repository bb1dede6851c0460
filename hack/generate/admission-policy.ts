/**
 * The policy that refuses circles at admission, without a webhook.
 *
 * CEL has no loops, and the cost budget of a CRD's own rules does not reach to a graph. A ValidatingAdmissionPolicy has chained
 * variables, and a budget at run time alone; so a loop is unrolled. Each step drops the modules that need nothing which is left.
 * What is left after as many steps as there can be modules is on a circle, or waits for one.
 */
import { API_VERSION, MAX_GROUPS, MAX_MODULES, type JsonObject } from "@troupe/model";

const NAME = "pipelines.troupe.dev";

type Variable = { readonly name: string; readonly expression: string };

/** A loop: what it works on, and the names of its variables. */
interface Loop {
  /** Start of the names of all its variables, such as `module`. */
  readonly prefix: string;
  /** One `{ name, needs }` a module. What a name needs is what all its nodes need together, itself left out. */
  readonly nodes: string;
  /** Whether every node has a name of its own. */
  readonly unique: boolean;
  readonly steps: number;
}

const MODULE_LOOP: Loop = {
  prefix: "module",
  nodes: `object.spec.modules.map(m, {'name': m.name, 'needs': has(m.dependsOn) ? m.dependsOn : []})`,
  unique: true,
  steps: MAX_MODULES,
};

const GROUP_LOOP: Loop = {
  prefix: "group",
  nodes: `object.spec.modules.map(m, {'name': m.group, 'needs': dyn(has(m.dependsOn) ? m.dependsOn.map(d, variables.groupOf[variables.nameOf.indexOf(d)]) : [])})`,
  unique: false,
  steps: MAX_GROUPS,
};

/**
 * `…Left0` are all nodes; each step keeps those whose name still needs one that is left. A step that keeps all of them is the last
 * one that looks: on a circle of 128 modules the others would cost more than the API server grants.
 */
function unrolled({ prefix, nodes, unique, steps }: Loop): Variable[] {
  const left = (step: number): string => `variables.${prefix}Left${step}`;
  const names = (step: number): string => `variables.${prefix}Names${step}`;
  const unlessSettled = (step: number, settled: string, work: string): string =>
    step === 0 ? work : `size(${left(step)}) == size(${left(step - 1)}) ? ${settled} : ${work}`;
  const first = [
    { name: `${prefix}Left0`, expression: nodes },
    { name: `${prefix}Names0`, expression: `${left(0)}.map(n, n.name)` },
  ];
  const rest = Array.from({ length: steps }, (_, step): Variable[] => {
    const waiting = `${left(step)}.filter(n, n.needs.exists(d, d != n.name && d in ${names(step)}))`;
    const named = (list: string): string => `${list}.map(n, n.name)`;
    const next = step + 1;
    const [nextLeft, nextNames] = unique
      ? [waiting, named(left(next))]
      : [`${left(step)}.filter(n, n.name in ${names(next)})`, named(waiting)];
    const variables = [
      { name: `${prefix}Left${next}`, expression: unlessSettled(step, left(step), nextLeft) },
      { name: `${prefix}Names${next}`, expression: unlessSettled(step, names(step), nextNames) },
    ];
    return unique ? variables : variables.toReversed();
  });
  return [...first, ...rest.flat()];
}

/**
 * Names one on the circle: from any that is left to one that it needs, and on. Steps are doubled (`…Step1` goes two, `…Step2` four),
 * and after more of them than there are nodes a walk is on the circle. Evaluated for the message alone.
 */
function walk({ prefix, steps }: Loop): Variable[] {
  const [left, names] = [`variables.${prefix}Left${steps}`, `variables.${prefix}Names${steps}`];
  const [waiting, waitingNames] = [`variables.${prefix}Waiting`, `variables.${prefix}WaitingNames`];
  const doublings = Math.ceil(Math.log2(MAX_MODULES));
  return [
    { name: `${prefix}Waiting`, expression: `${left}.filter(n, n.needs.exists(d, d != n.name && d in ${names}))` },
    { name: `${prefix}WaitingNames`, expression: `${waiting}.map(n, n.name)` },
    {
      name: `${prefix}Step0`,
      expression: `${waiting}.map(n, ${waitingNames}.indexOf(n.needs.filter(d, d != n.name && d in ${waitingNames})[0]))`,
    },
    ...Array.from({ length: doublings }, (_, step) => ({
      name: `${prefix}Step${step + 1}`,
      expression: `variables.${prefix}Step${step}.map(i, variables.${prefix}Step${step}[i])`,
    })),
    { name: `${prefix}At`, expression: `variables.${prefix}Step${doublings}[0]` },
    { name: `${prefix}OnCircle`, expression: `${waitingNames}[variables.${prefix}At]` },
    { name: `${prefix}Needed`, expression: `${waitingNames}[variables.${prefix}Step0[variables.${prefix}At]]` },
  ];
}

const VARIABLES: readonly Variable[] = [
  { name: "nameOf", expression: "object.spec.modules.map(m, m.name)" },
  { name: "groupOf", expression: "object.spec.modules.map(m, m.group)" },
  {
    name: "exposed",
    expression:
      "object.spec.modules.filter(m, has(m.expose) && m.expose != false).map(m, m.expose == true ? m.name : m.expose)",
  },
  ...unrolled(MODULE_LOOP),
  ...walk(MODULE_LOOP),
  ...unrolled(GROUP_LOOP),
  ...walk(GROUP_LOOP),
];

const NO_MODULE_CIRCLE = `size(variables.moduleLeft${MAX_MODULES}) == 0`;

const VALIDATIONS = [
  {
    expression: NO_MODULE_CIRCLE,
    message: "ModuleCycle: modules wait for each other in a circle; `troupe validate` names them.",
    messageExpression:
      "'ModuleCycle: the modules wait for each other in a circle: \"' + variables.moduleOnCircle + '\" depends on \"' + variables.moduleNeeded + '\", and that in the end on \"' + variables.moduleOnCircle + '\". Remove one of the dependencies; `troupe validate` names all of them.'",
  },
  {
    // Where modules form a circle, their groups often do too: said once, as what it is.
    expression: `!(${NO_MODULE_CIRCLE}) || size(variables.groupLeft${MAX_GROUPS}) == 0`,
    message: "GroupCycle: groups wait for each other in a circle; `troupe validate` names them.",
    messageExpression:
      "'GroupCycle: the groups wait for each other in a circle: \"' + variables.groupOnCircle + '\" needs a module of \"' + variables.groupNeeded + '\", and that in the end one of \"' + variables.groupOnCircle + '\". A group starts when all that its modules need from outside is done: move a module into a group of its own, or join the groups.'",
  },
  {
    expression: "object.spec.modules.all(m, !has(m.expose) || type(m.expose) == bool || type(m.expose) == string)",
    message: "InvalidValue: expose is true, false or a name.",
  },
  {
    expression: "variables.exposed.all(e, variables.exposed.exists_one(x, x == e))",
    message: "ExposeCollision: two modules expose their result under the same name: expose one of them under another.",
  },
];

/** The policy and its binding. */
export function admissionPolicy(): JsonObject[] {
  const [apiGroup = "", apiVersion = ""] = API_VERSION.split("/");
  return [
    {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingAdmissionPolicy",
      metadata: { name: NAME },
      spec: {
        // The operator checks the same again, and says Accepted=False; so nothing depends on this policy's being able to answer.
        failurePolicy: "Ignore",
        matchConstraints: {
          resourceRules: [
            {
              apiGroups: [apiGroup],
              apiVersions: [apiVersion],
              operations: ["CREATE", "UPDATE"],
              resources: ["pipelines"],
            },
          ],
        },
        matchConditions: [
          // What is stored already can be labelled and deleted, whatever it says.
          { name: "spec-changes", expression: "oldObject == null || object.spec != oldObject.spec" },
        ],
        variables: VARIABLES.map((variable) => ({ ...variable })),
        validations: VALIDATIONS.map((validation) => ({ ...validation, reason: "Invalid" })),
      },
    },
    {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingAdmissionPolicyBinding",
      metadata: { name: NAME },
      spec: { policyName: NAME, validationActions: ["Deny"] },
    },
  ];
}
