/** The two CRDs: the model's schema, and what `kubectl get` and `kubectl scale` need beside it. */
import { API_VERSION, GROUP_SCHEMA, PIPELINE_SCHEMA, type JsonObject, type ObjectSchema } from "@troupe/model";
import { GROUP_RULES, PIPELINE_RULES } from "./rules.ts";
import { structuralSchema, type CelRules } from "./structural.ts";

export interface Column {
  readonly name: string;
  readonly type: "string" | "integer" | "date";
  readonly jsonPath: string;
  readonly description: string;
  /** 1: shown by `-o wide` alone. */
  readonly priority?: 1;
}

export interface CustomResource {
  readonly kind: "Pipeline" | "Group";
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly schema: ObjectSchema;
  readonly rules: CelRules;
  readonly columns: readonly Column[];
  readonly scale?: JsonObject;
}

const READY: Column = {
  name: "Ready",
  type: "string",
  jsonPath: '.status.conditions[?(@.type=="Ready")].status',
  description: "The condition Ready.",
};
const AGE: Column = {
  name: "Age",
  type: "date",
  jsonPath: ".metadata.creationTimestamp",
  description: "Time since it was made.",
};
const MESSAGE: Column = {
  name: "Message",
  type: "string",
  jsonPath: ".status.message",
  description: "What is wrong, else what is going on.",
  priority: 1,
};

function jobs(name: string, description: string): Column {
  return { name, type: "integer", jsonPath: `.status.jobs.${name.toLowerCase()}`, description };
}

export const PIPELINE: CustomResource = {
  kind: "Pipeline",
  plural: "pipelines",
  singular: "pipeline",
  shortNames: ["pl"],
  schema: PIPELINE_SCHEMA,
  rules: PIPELINE_RULES,
  columns: [
    READY,
    { name: "Groups", type: "string", jsonPath: ".status.groupsReady", description: "Groups that are ready, of all." },
    jobs("Queued", "Jobs that wait."),
    jobs("Running", "Jobs that run."),
    jobs("Done", "Jobs that ended with a result."),
    jobs("Failed", "Jobs that ended without one."),
    AGE,
    {
      name: "Revision",
      type: "string",
      jsonPath: ".status.revision",
      description: "The revision that new jobs get.",
      priority: 1,
    },
    MESSAGE,
  ],
};

export const GROUP: CustomResource = {
  kind: "Group",
  plural: "groups",
  singular: "group",
  shortNames: ["grp"],
  schema: GROUP_SCHEMA,
  rules: GROUP_RULES,
  columns: [
    {
      name: "Pipeline",
      type: "string",
      jsonPath: ".spec.pipelineRef.name",
      description: "The Pipeline that has the group; empty for a free-standing one.",
    },
    READY,
    {
      name: "Replicas",
      type: "string",
      jsonPath: ".status.replicasReady",
      description: "Ready replicas, of those wanted.",
    },
    { name: "GPU", type: "string", jsonPath: ".status.gpu", description: "GPUs that one replica claims." },
    { name: "Busy", type: "integer", jsonPath: ".status.running", description: "Blocks that run." },
    AGE,
    { name: "Queued", type: "integer", jsonPath: ".status.queued", description: "Blocks that wait.", priority: 1 },
    MESSAGE,
  ],
  scale: {
    specReplicasPath: ".spec.replicas",
    statusReplicasPath: ".status.replicas",
    labelSelectorPath: ".status.selector",
  },
};

export const CUSTOM_RESOURCES: readonly CustomResource[] = [PIPELINE, GROUP];

export function nameOf(resource: CustomResource): string {
  return `${resource.plural}.${groupName()}`;
}

export function customResourceDefinition(resource: CustomResource): JsonObject {
  const { kind, plural, singular, shortNames, columns, scale } = resource;
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: nameOf(resource) },
    spec: {
      group: groupName(),
      scope: "Namespaced",
      names: { kind, listKind: `${kind}List`, plural, singular, shortNames, categories: ["all", "troupe"] },
      versions: [
        {
          name: versionName(),
          served: true,
          storage: true,
          additionalPrinterColumns: columns.map((column) => ({ ...column })),
          subresources: { status: {}, ...(scale === undefined ? {} : { scale }) },
          schema: { openAPIV3Schema: rootSchema(resource) },
        },
      ],
    },
  };
}

/** Of the metadata a CRD may bound the name alone, and what it says of kind and version the API server knows. */
function rootSchema({ schema, rules }: CustomResource): JsonObject {
  const { apiVersion, kind, metadata, ...fields } = schema.fields;
  if (apiVersion === undefined || kind === undefined || metadata?.form !== "object") throw new Error("Not a manifest.");
  const { name } = metadata.fields;
  if (name === undefined) throw new Error("The metadata have no name.");
  const root = structuralSchema(
    {
      ...schema,
      required: ["spec"],
      fields: {
        apiVersion: { form: "text", empty: true, about: `Always ${API_VERSION}.` },
        kind: { form: "text", empty: true, about: "What the object is." },
        metadata: { form: "object", noun: "", required: [], fields: { name: withoutAbout(name) } },
        ...fields,
      },
    },
    rules,
  );
  return root;
}

/** The API server takes bounds of the name, and nothing else. */
function withoutAbout(schema: ObjectSchema["fields"][string]): ObjectSchema["fields"][string] {
  const { about: _about, ...rest } = schema;
  return rest;
}

function groupName(): string {
  return API_VERSION.split("/")[0] ?? "";
}

function versionName(): string {
  return API_VERSION.split("/")[1] ?? "";
}
