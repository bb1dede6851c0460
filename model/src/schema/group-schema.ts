import { API_VERSION } from "../manifest.ts";
import { DNS_SUBDOMAIN, EXTENDED_RESOURCE, GROUP_RESOURCE_NAME, metadataSchema } from "./metadata-schema.ts";
import { count, seconds, type ObjectSchema, type Schema } from "./schema.ts";
import { GROUP_STATUS_SCHEMA } from "./status-schema.ts";

export const SOURCE_SCHEMA: ObjectSchema = {
  form: "object",
  noun: "a source",
  required: [],
  fields: {
    configMap: {
      form: "text",
      like: DNS_SUBDOMAIN,
      about:
        "Name of a ConfigMap of flat module files, in the same namespace; `kubectl create configmap NAME --from-file=DIR` makes one of a folder. A change of it makes a new revision.",
    },
    image: {
      form: "text",
      about:
        "Image that holds the modules; with `configMap`, the image that the files are mounted into. Without it, Troupe's runtime image.",
    },
  },
  about:
    "Where module code comes from: at least one of the two. Needed on a cluster; on the laptop, `modules/` beside the file.",
};

const RESOURCES_SCHEMA: ObjectSchema = {
  form: "object",
  noun: "a resource claim",
  required: [],
  fields: {
    cpu: {
      form: "quantity",
      about: 'Cores, as in `4`, `500m` or `"0.5"` (a fraction in quotes). It is the request; there is no limit.',
    },
    memory: { form: "quantity", about: "Bytes, as in `2Gi`. It is both request and limit." },
    gpu: {
      form: "quantity",
      about:
        'Whole GPUs, as in `1`, or a fraction of one in quotes, as in `"0.5"`. How fractions are realised is for the installation to say.',
    },
    gpuResource: {
      form: "text",
      like: EXTENDED_RESOURCE,
      about: "The extended resource that `gpu` counts, for MIG and shared devices. Default `nvidia.com/gpu`.",
    },
  },
  about: "What one replica claims. Left out: nothing.",
};

const AUTOSCALE_SCHEMA: ObjectSchema = {
  form: "object",
  noun: "the autoscale settings",
  required: ["maxReplicas"],
  fields: {
    minReplicas: count(0, "The fewest replicas. Default 0: an idle group has none.", 10_000),
    maxReplicas: count(1, "The most replicas.", 10_000),
    targetQueued: count(1, "Queued blocks that one more replica is wanted for. Default 1."),
    idleSeconds: seconds("Idle time after which a replica is given up, in seconds. Default 300."),
  },
  about: "Lets the number of replicas follow the group's own queue. Excludes `replicas`.",
};

/** The fields that `groups[]` and a Group resource share. */
export const GROUP_SETTINGS: Readonly<Record<string, Schema>> = {
  replicas: count(
    0,
    "Processes of the group. Left out: whoever scales the Group (kubectl scale, an HPA, KEDA) owns the number; 1 until then.",
    10_000,
  ),
  concurrency: count(1, "Blocks that one replica works on at a time. Default 1.", 10_000),
  resources: RESOURCES_SCHEMA,
  timeoutSeconds: seconds("How long one block may take, in seconds. Default: no limit."),
  graceSeconds: seconds(
    "How long a module may take to honour its AbortSignal before its process is ended, in seconds. Default 5.",
  ),
  drainTimeoutSeconds: seconds(
    "How long replicas of an old template are kept for the jobs pinned to it, in seconds; then these jobs fail as RevisionRetired and can be retried on the new one. Default: no limit.",
  ),
  autoscale: AUTOSCALE_SCHEMA,
  template: {
    form: "json-object",
    about:
      "Overlay of the pod template, for all that has no field of its own: node selectors, tolerations, volumes, environment, sidecars, labels. It cannot touch what Troupe manages (TemplateConflict).",
  },
};

export const GROUP_SCHEMA: ObjectSchema = {
  form: "object",
  noun: "a Group",
  required: ["apiVersion", "kind", "metadata", "spec"],
  fields: {
    apiVersion: { form: "text", only: API_VERSION },
    kind: { form: "text", only: "Group" },
    metadata: metadataSchema(GROUP_RESOURCE_NAME),
    spec: {
      form: "object",
      noun: "the spec of a Group",
      required: [],
      fields: {
        pipelineRef: {
          form: "object",
          noun: "a reference to a pipeline",
          required: ["name"],
          fields: { name: { form: "name", noun: "pipeline", about: "Name of the Pipeline, in the same namespace." } },
          about: "The Pipeline that has the group. Left out, with `group`: a free-standing pool of actor hosts.",
        },
        group: {
          form: "name",
          noun: "group",
          about:
            "The group of that Pipeline which this resource settles; it wins over `groups[]` there, field by field.",
        },
        source: { ...SOURCE_SCHEMA, about: "Where module code comes from. Of a free-standing Group alone." },
        ...GROUP_SETTINGS,
      },
      about: "What is wanted of the group.",
    },
    status: GROUP_STATUS_SCHEMA,
  },
  about: "A group of modules run by replicas: of a Pipeline, or free-standing, a pool of actor hosts.",
};
