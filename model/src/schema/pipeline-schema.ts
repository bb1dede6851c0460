import { MAX_DEPENDENCIES, MAX_GROUPS, MAX_MODULES, MAX_PARAMETERS_BYTES } from "../limits.ts";
import { API_VERSION } from "../manifest.ts";
import { GROUP_SETTINGS, SOURCE_SCHEMA } from "./group-schema.ts";
import { metadataSchema, PIPELINE_NAME } from "./metadata-schema.ts";
import { count, seconds, type ObjectSchema, type Schema } from "./schema.ts";
import { PIPELINE_STATUS_SCHEMA } from "./status-schema.ts";

const PARAMETERS_LIMIT = `All parameters of a pipeline together take at most ${String(MAX_PARAMETERS_BYTES / 1024)} KiB.`;

const MODULE_SCHEMA: ObjectSchema = {
  form: "object",
  noun: "a module",
  required: ["name", "type", "group"],
  fields: {
    name: { form: "module-name", noun: "module", about: "Name of the module, unique within the pipeline." },
    type: {
      form: "module-name",
      noun: "type",
      about: "The registered type that the module is an instance of.",
    },
    group: {
      form: "name",
      noun: "group",
      about: "The group that runs it: one after another with the other modules of the group, in one process.",
    },
    dependsOn: {
      form: "list",
      items: { form: "module-name", noun: "module", about: "Name of a module of this pipeline." },
      most: MAX_DEPENDENCIES,
      unique: "items",
      about: "Modules whose results it needs; they are handed over in this order.",
    },
    parameters: { form: "json-object", about: `What the module reads as its parameters. ${PARAMETERS_LIMIT}` },
    expose: {
      form: "expose",
      about:
        "`true`: its result is part of the job's result, under its own name; a text: under that name. Default false.",
    },
    aggregate: {
      form: "boolean",
      about:
        "Whether the type is an aggregate. Needed only where the code is not at hand. Default: what the code says.",
    },
    timeoutSeconds: seconds("How long one run may take, in seconds. Default: no limit."),
    estimateSeconds: {
      form: "number",
      whole: false,
      least: 0,
      about: "What one run is expected to take, in seconds. Read by `troupe plan` alone.",
    },
  },
  about: "A unit of user code in its place in the graph.",
};

const GROUP_ITEM_SCHEMA: ObjectSchema = {
  form: "object",
  noun: "a group",
  required: ["name"],
  fields: {
    name: { form: "name", noun: "group", about: "The name by which modules name it." },
    ...GROUP_SETTINGS,
    replicas: count(
      1,
      "Processes of the group. Left out: whoever scales the Group (kubectl scale, an HPA, KEDA) owns the number; 1 until then.",
      10_000,
    ),
  },
  about: "How a group is run.",
};

const JOBS_SCHEMA: ObjectSchema = {
  form: "object",
  noun: "the job policy",
  required: [],
  fields: {
    timeoutSeconds: seconds("From submission to the end, in seconds. Default: no limit."),
    queueTimeoutSeconds: seconds(
      "The longest that a block which is ready may wait for a replica, in seconds. Default: no limit.",
    ),
    maxAttempts: count(
      1,
      "How often a block may fail before its job fails. 1 never runs anything twice. Default 3.",
      1000,
    ),
    backoff: {
      form: "object",
      noun: "the backoff",
      required: [],
      fields: {
        initialSeconds: seconds(
          "The first pause before another attempt, in seconds; each next one is twice as long. Default 1.",
        ),
        maxSeconds: seconds("The longest pause, in seconds. Default 30."),
      },
      about: "Pauses between the attempts of a block.",
    },
    maxInFlight: count(1, "Open jobs beyond which a submission is refused. Default 1,000."),
    keepResultsSeconds: {
      form: "number",
      whole: false,
      least: 0,
      most: 366 * 86_400,
      about: "How long a job that has ended stays inspectable, in seconds. Default 86,400, one day.",
    },
  },
  about: "What holds for every job of the pipeline.",
};

const SPEC_FIELDS: Readonly<Record<string, Schema>> = {
  source: SOURCE_SCHEMA,
  modules: {
    form: "list",
    items: MODULE_SCHEMA,
    least: 1,
    most: MAX_MODULES,
    unique: { by: "name" },
    about: "The modules, a directed acyclic graph by `dependsOn`.",
  },
  groups: {
    form: "list",
    items: GROUP_ITEM_SCHEMA,
    most: MAX_GROUPS,
    unique: { by: "name" },
    about: "How groups are run. Optional: a group that a module names and that is not listed here gets the defaults.",
  },
  jobs: JOBS_SCHEMA,
  sharedParameters: { form: "json-object", about: `What every module can read. ${PARAMETERS_LIMIT}` },
  context: { form: "json", about: "A value of any form that every module can read. Default null." },
  suspend: {
    form: "boolean",
    about: "Refuse new jobs, retries and `process`; open jobs go on to their end. Default false.",
  },
};

export const PIPELINE_SCHEMA: ObjectSchema = {
  form: "object",
  noun: "a Pipeline",
  required: ["apiVersion", "kind", "metadata", "spec"],
  fields: {
    apiVersion: { form: "text", only: API_VERSION },
    kind: { form: "text", only: "Pipeline" },
    metadata: metadataSchema(PIPELINE_NAME),
    spec: {
      form: "object",
      noun: "the spec of a Pipeline",
      required: ["modules"],
      fields: SPEC_FIELDS,
      about: "What is wanted of the pipeline.",
    },
    status: PIPELINE_STATUS_SCHEMA,
  },
  about: "Modules, each in a group, and which depends on which: the way of every job that is submitted to it.",
};
