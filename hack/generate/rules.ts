/** What the API server checks beyond the form of fields. Every rule is one of the validator's (`model/src/rules`), in its words. */
import { MAX_NAME_LENGTH } from "@troupe/model";
import type { CelRule, CelRules } from "./structural.ts";

const SOURCE: readonly CelRule[] = [
  {
    rule: "has(self.configMap) || has(self.image)",
    message: "The source names neither a configMap nor an image: name one of them, or both.",
  },
];

const AUTOSCALE: readonly CelRule[] = [
  {
    rule: "!has(self.minReplicas) || self.minReplicas <= self.maxReplicas",
    message: "minReplicas is above maxReplicas: lower the one, or raise the other.",
    fieldPath: ".minReplicas",
  },
];

/** The rules of the settings that `groups[]` and a Group share, below the path of the settings. */
function settingsRules(path: string, own: readonly CelRule[] = []): CelRules {
  return {
    [path]: [
      ...own,
      {
        rule: "!(has(self.replicas) && has(self.autoscale))",
        message: "replicas fixes the number of replicas, and autoscale changes it: remove one of the two.",
        fieldPath: ".autoscale",
      },
    ],
    [`${path}.autoscale`]: AUTOSCALE,
    [`${path}.resources.memory`]: [
      {
        rule: "type(self) == int ? (self == 0 || self >= 1048576) : (quantity(self).compareTo(quantity('0')) == 0 || !quantity(self).isLessThan(quantity('1Mi')))",
        message: "Less than 1Mi of memory is less than any process needs: give the unit, for instance 512Mi.",
      },
    ],
    [`${path}.resources.gpu`]: [
      {
        rule: "type(self) == int || !quantity(self).isGreaterThan(quantity('1')) || quantity(self).isGreaterThan(quantity('1P')) || double(int(quantity(self).asApproximateFloat())) == quantity(self).asApproximateFloat()",
        message: "Above one, GPUs are claimed whole; only less than one GPU can be shared.",
      },
    ],
  };
}

export const PIPELINE_RULES: CelRules = {
  spec: [
    {
      rule: "self.modules.all(m, !has(m.dependsOn) || sets.contains(self.modules.map(x, x.name), m.dependsOn))",
      message: "A module depends on one that is not declared: every name in dependsOn is the name of a module.",
      fieldPath: ".modules",
    },
    {
      rule: "!has(self.groups) || sets.contains(self.modules.map(m, m.group), self.groups.map(g, g.name))",
      message: "A listed group has no modules: put a module into it, or remove it.",
      fieldPath: ".groups",
    },
    {
      rule: "!has(self.groups) || self.groups.all(g, !(has(g.replicas) && g.replicas > 1) || !self.modules.exists(m, m.group == g.name && has(m.aggregate) && m.aggregate))",
      message: "A group with an aggregate stays at one replica: move its other modules into a group of their own.",
      fieldPath: ".groups",
    },
    {
      rule: "!has(self.groups) || self.groups.all(g, !(has(g.autoscale) && g.autoscale.maxReplicas > 1) || !self.modules.exists(m, m.group == g.name && has(m.aggregate) && m.aggregate))",
      message: "A group with an aggregate stays at one replica: leave out autoscale, or set maxReplicas to 1.",
      fieldPath: ".groups",
    },
  ],
  "spec.source": SOURCE,
  "spec.modules[]": [
    {
      rule: "!has(self.dependsOn) || !(self.name in self.dependsOn)",
      message: "The module depends on itself, so it could never start: remove it from its own dependencies.",
      fieldPath: ".dependsOn",
    },
  ],
  "spec.jobs.backoff": [
    {
      rule: "!has(self.initialSeconds) || !has(self.maxSeconds) || self.initialSeconds <= self.maxSeconds",
      message: "The first pause is longer than the longest: lower initialSeconds, or raise maxSeconds.",
      fieldPath: ".initialSeconds",
    },
  ],
  ...settingsRules("spec.groups[]"),
};

export const GROUP_RULES: CelRules = {
  "": [
    {
      rule: `has(self.spec.pipelineRef) || size(self.metadata.name) <= ${MAX_NAME_LENGTH}`,
      message: `The name of a free-standing Group has at most ${MAX_NAME_LENGTH} characters.`,
    },
  ],
  ...settingsRules("spec", [
    {
      rule: "!has(self.pipelineRef) || has(self.group)",
      message: "The Group refers to a pipeline, but does not say which of its groups it settles: add group.",
      fieldPath: ".pipelineRef",
    },
    {
      rule: "!has(self.group) || has(self.pipelineRef)",
      message: "The Group names a group, but not the pipeline that has it: add pipelineRef, or remove group.",
      fieldPath: ".group",
    },
    {
      rule: "!has(self.pipelineRef) || !has(self.source)",
      message: "A Group of a pipeline has no source of its own: set the source of the Pipeline instead.",
      fieldPath: ".source",
    },
  ]),
  "spec.source": SOURCE,
};
