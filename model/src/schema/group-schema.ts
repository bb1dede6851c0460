import { API_VERSION } from "../manifest.ts";
import { count, seconds, type ObjectSchema, type Schema } from "./schema.ts";

export const SOURCE_SCHEMA: ObjectSchema = {
  form: "object",
  noun: "a source",
  required: [],
  fields: {
    configMap: { form: "text", about: "A ConfigMap of flat module files." },
    image: { form: "text", about: "An image that holds the modules, or that the ConfigMap is mounted into." },
  },
  about: "Where module code comes from.",
};

const RESOURCES_SCHEMA: ObjectSchema = {
  form: "object",
  noun: "a resource claim",
  required: [],
  fields: {
    cpu: { form: "quantity", about: "Cores, as in 4 or 500m." },
    memory: { form: "quantity", about: "Bytes, as in 2Gi." },
    gpu: { form: "quantity", about: 'GPUs; a fraction of one in quotes, as in "0.5".' },
    gpuResource: { form: "text", about: "The extended resource that gpu counts. Default nvidia.com/gpu." },
  },
  about: "What one replica claims.",
};

const AUTOSCALE_SCHEMA: ObjectSchema = {
  form: "object",
  noun: "the autoscale settings",
  required: ["maxReplicas"],
  fields: {
    minReplicas: count(0, "Default 0.", 10_000),
    maxReplicas: count(1, "The most replicas.", 10_000),
    targetQueued: count(1, "Queued blocks that one replica is wanted for. Default 1."),
    idleSeconds: seconds("Idle time after which a replica is given up. Default 300."),
  },
};

/** The fields that `groups[]` and a Group resource share. */
export const GROUP_SETTINGS: Readonly<Record<string, Schema>> = {
  replicas: count(
    0,
    "Processes of the group. Left out: whoever scales the Group owns the number; 1 until then.",
    10_000,
  ),
  concurrency: count(1, "Blocks that one replica works on at a time. Default 1.", 10_000),
  resources: RESOURCES_SCHEMA,
  timeoutSeconds: seconds("How long one block may take. Default: no limit."),
  graceSeconds: seconds("How long a module may take to honour its AbortSignal. Default 5."),
  drainTimeoutSeconds: seconds("How long an old template is kept for the jobs pinned to it."),
  autoscale: AUTOSCALE_SCHEMA,
  template: { form: "json-object", about: "Overlay of the pod template." },
};

export const GROUP_SCHEMA: ObjectSchema = {
  form: "object",
  noun: "a Group",
  required: ["apiVersion", "kind", "metadata", "spec"],
  fields: {
    apiVersion: { form: "text", only: API_VERSION },
    kind: { form: "text", only: "Group" },
    metadata: {
      form: "object",
      noun: "the metadata",
      required: ["name"],
      open: true,
      fields: { name: { form: "name", noun: "group" }, namespace: { form: "text" } },
    },
    spec: {
      form: "object",
      noun: "the spec of a Group",
      required: [],
      fields: {
        pipelineRef: {
          form: "object",
          noun: "a reference to a pipeline",
          required: ["name"],
          fields: { name: { form: "name", noun: "pipeline" } },
        },
        group: { form: "name", noun: "group", about: "The group of that pipeline which this resource settles." },
        source: SOURCE_SCHEMA,
        ...GROUP_SETTINGS,
      },
    },
    status: { form: "json" },
  },
};
