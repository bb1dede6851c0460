import { API_VERSION } from "../manifest.ts";
import { GROUP_SETTINGS, SOURCE_SCHEMA } from "./group-schema.ts";
import { count, seconds, type ObjectSchema } from "./schema.ts";

const MODULE_SCHEMA: ObjectSchema = {
  form: "object",
  noun: "a module",
  required: ["name", "type", "group"],
  fields: {
    name: { form: "module-name", noun: "module", about: "Unique within the pipeline." },
    type: { form: "module-name", noun: "type", about: "The registered type that the module is an instance of." },
    group: { form: "name", noun: "group", about: "The group that runs it." },
    dependsOn: {
      form: "list",
      items: { form: "module-name", noun: "module" },
      about: "Its parents; their results are handed over in this order.",
    },
    parameters: { form: "json-object", about: "What the module reads as its parameters." },
    expose: { form: "expose", about: "Whether, or under which name, its result is part of the job's result." },
    aggregate: { form: "boolean", about: "Whether the type is an aggregate. Default: what the code says." },
    timeoutSeconds: seconds("How long one run may take. Default: no limit."),
    estimateSeconds: { form: "number", whole: false, least: 0, about: "What one run is expected to take, for `plan`." },
  },
};

const JOBS_SCHEMA: ObjectSchema = {
  form: "object",
  noun: "the job policy",
  required: [],
  fields: {
    timeoutSeconds: seconds("From submission to the end. Default: no limit."),
    queueTimeoutSeconds: seconds("The longest that a ready block may wait for a replica. Default: no limit."),
    maxAttempts: count(1, "How often a block may fail before its job fails. Default 3.", 1000),
    backoff: {
      form: "object",
      noun: "the backoff",
      required: [],
      fields: {
        initialSeconds: seconds("The first pause before another attempt. Default 1."),
        maxSeconds: seconds("The longest pause. Default 30."),
      },
    },
    maxInFlight: count(1, "Open jobs beyond which a submission is refused. Default 1,000."),
    keepResultsSeconds: {
      form: "number",
      whole: false,
      least: 0,
      most: 366 * 86_400,
      about: "How long an ended job stays inspectable. Default one day.",
    },
  },
};

export const METADATA_SCHEMA = (noun: string): ObjectSchema => ({
  form: "object",
  noun: "the metadata",
  required: ["name"],
  open: true,
  fields: { name: { form: "name", noun }, namespace: { form: "text" } },
});

export const PIPELINE_SCHEMA: ObjectSchema = {
  form: "object",
  noun: "a Pipeline",
  required: ["apiVersion", "kind", "metadata", "spec"],
  fields: {
    apiVersion: { form: "text", only: API_VERSION },
    kind: { form: "text", only: "Pipeline" },
    metadata: METADATA_SCHEMA("pipeline"),
    spec: {
      form: "object",
      noun: "the spec of a Pipeline",
      required: ["modules"],
      fields: {
        source: SOURCE_SCHEMA,
        modules: { form: "list", items: MODULE_SCHEMA, about: "At least one." },
        groups: {
          form: "list",
          items: {
            form: "object",
            noun: "a group",
            required: ["name"],
            fields: {
              name: { form: "name", noun: "group" },
              ...GROUP_SETTINGS,
              replicas: count(1, "Processes of the group.", 10_000),
            },
          },
          about: "Optional; a group named by a module and not listed here gets the defaults.",
        },
        jobs: JOBS_SCHEMA,
        sharedParameters: { form: "json-object", about: "Readable by every module." },
        context: { form: "json", about: "A value that every module can read." },
        suspend: { form: "boolean", about: "Accept jobs but dispatch none. Default false." },
      },
    },
    status: { form: "json" },
  },
};
