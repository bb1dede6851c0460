import test from "ava";
import { testCases, GROUP, ONE } from "./rule-cases.ts";

testCases(test, [
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
      ["MissingField", "Group/tuned.spec.group", "11:1", "which of its groups", "Add group"],
      ["MissingField", "Group/tuned/2.spec.pipelineRef", "17:1", "not the pipeline", "Add pipelineRef"],
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
  {
    rule: "what is wrong with a free-standing Group",
    spec: `${ONE}${GROUP}  source: {}\n  replicas: 2\n  autoscale: { maxReplicas: 4 }\n  resources: { gpu: "1.5", gpuResource: gpu }\n`,
    expected: [
      ["MissingField", "Group/tuned.spec.source", "12:3", "neither a configMap nor an image", "Name a ConfigMap"],
      ["ReplicasWithAutoscale", "Group/tuned.spec.autoscale", "14:3", 'The group "tuned" has both', "Remove one"],
      ["InvalidQuantity", "Group/tuned.spec.resources.gpu", "15:21", "1.5 GPUs", "Claim 1 or 2"],
      ["InvalidValue", "Group/tuned.spec.resources.gpuResource", "15:41", '"gpu"', "as in nvidia.com/gpu"],
    ],
  },
]);
