/** The form of what `../status/` says. Written by the operator alone, and published with the CRDs. */
import { CONDITION_TYPES } from "../status/conditions.ts";
import { tally, type ListSchema, type ObjectSchema, type Schema, type TextSchema } from "./schema.ts";

function text(about: string): TextSchema {
  return { form: "text", empty: true, about };
}

const CONDITIONS_SCHEMA: ListSchema = {
  form: "list",
  unique: { by: "type" },
  items: {
    form: "object",
    noun: "a condition",
    required: ["type", "status", "reason", "message", "lastTransitionTime"],
    fields: {
      type: text(`What is observed: ${Object.keys(CONDITION_TYPES).join(", ")}.`),
      status: { form: "text", among: ["True", "False", "Unknown"], about: "Whether it is the case." },
      reason: text("Why, in one word that programs can rely on."),
      message: text("Why, and what to do about it, for people."),
      observedGeneration: tally("The generation of the spec that this was observed of."),
      lastTransitionTime: { form: "text", time: true, about: "When `status` changed last." },
    },
    about: "One thing observed.",
  },
  about: "What the operator observes. Accepted, Ready, Progressing and Stalled are there from the first visit on.",
};

const OBSERVED_GENERATION = tally("The generation of the spec that the last visit of the operator looked at.");

const MESSAGE = text("The message of the condition that says most: what is wrong, else what is going on.");

const WAITING_SCHEMA: ObjectSchema = {
  form: "object",
  noun: "the cause of waiting",
  required: ["reason", "message"],
  fields: {
    reason: text("The cause in one word, as in the condition Ready."),
    message: text("The cause for people, and what to do about it."),
  },
  about: "What is waited for. Absent: nothing.",
};

const JOB_COUNTS_SCHEMA: ObjectSchema = {
  form: "object",
  noun: "the counts of jobs",
  required: [],
  fields: {
    queued: tally("Jobs that were accepted, and have no block that runs."),
    running: tally("Jobs that have a block that runs."),
    done: tally("Jobs that ended with a result, since the Pipeline was made."),
    failed: tally("Jobs that ended without one, cancelled ones included, since the Pipeline was made."),
  },
  about: "Jobs by state, at most 15 seconds old.",
};

function drainingSchema(by: string, about: string): ObjectSchema {
  return {
    form: "object",
    noun: "what is drained",
    required: [by, "jobs"],
    fields: { [by]: text(about), jobs: tally("Jobs that are pinned to it.") },
    about: "One that is kept for jobs in flight.",
  };
}

function listOf(items: ObjectSchema, by: string, about: string): Schema {
  return { form: "list", items, unique: { by }, about };
}

const REPLICAS = tally("Replicas that exist.");
const READY_REPLICAS = tally("Replicas that are ready: their modules are loaded, and NATS is reached.");

const GROUP_SUMMARY_SCHEMA: ObjectSchema = {
  form: "object",
  noun: "the state of a group",
  required: ["name", "ready", "replicas", "readyReplicas"],
  fields: {
    name: text("Name of the group."),
    resource: text("Name of the Group resource that settles it."),
    ready: { form: "boolean", about: "Whether jobs are worked on, or would be if they came." },
    replicas: REPLICAS,
    readyReplicas: READY_REPLICAS,
    waiting: WAITING_SCHEMA,
  },
  about: "The state of one group.",
};

export const PIPELINE_STATUS_SCHEMA: ObjectSchema = {
  form: "object",
  noun: "the status of a Pipeline",
  required: [],
  fields: {
    observedGeneration: OBSERVED_GENERATION,
    conditions: CONDITIONS_SCHEMA,
    revision: text("The revision that new jobs get: a hash of everything that the spec declares."),
    drainingRevisions: listOf(
      drainingSchema("revision", "The old revision."),
      "revision",
      "Old revisions that jobs in flight are pinned to, the newest first.",
    ),
    jobs: JOB_COUNTS_SCHEMA,
    groupsReady: text("Groups that are ready and groups in all, as in 2/3."),
    message: MESSAGE,
    groups: listOf(GROUP_SUMMARY_SCHEMA, "name", "The state of every group."),
  },
  about: "What the operator observes. Written by it alone.",
};

export const GROUP_STATUS_SCHEMA: ObjectSchema = {
  form: "object",
  noun: "the status of a Group",
  required: [],
  fields: {
    observedGeneration: OBSERVED_GENERATION,
    conditions: CONDITIONS_SCHEMA,
    replicas: REPLICAS,
    readyReplicas: READY_REPLICAS,
    desiredReplicas: tally("Replicas as they are wanted now, by whoever owns the number."),
    replicasReady: text("Ready and wanted replicas, as in 1/2."),
    selector: text("Label selector of the pods, for the scale subresource."),
    gpu: text("GPUs that one replica claims in the end, as in 1 or 0.5. Absent: none."),
    queued: tally("Blocks that wait for a replica; of a free-standing Group, actors."),
    running: tally("Blocks that run; of a free-standing Group, actors that live."),
    templateHash: text("Hash of the template (image, module source, pod template) that new jobs run on."),
    drainingTemplates: listOf(
      drainingSchema("templateHash", "Hash of the old template."),
      "templateHash",
      "Old templates whose replicas are kept for jobs pinned to them.",
    ),
    waiting: WAITING_SCHEMA,
    message: MESSAGE,
  },
  about: "What the operator observes. Written by it alone.",
};
