import { MAX_RESOURCE_NAME_LENGTH } from "../limits.ts";
import type { ObjectSchema, Schema, TextForm } from "./schema.ts";

const DNS_LABEL: TextForm = {
  pattern: "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$",
  most: 63,
  words: 'lower-case letters, digits and "-" inside, at most 63 characters',
};

/** Names of most Kubernetes objects, ConfigMaps among them. */
export const DNS_SUBDOMAIN: TextForm = {
  pattern: "^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$",
  most: 253,
  words: 'lower-case letters, digits, and "-" and "." inside, at most 253 characters',
};

const QUALIFIED_NAME: TextForm = {
  pattern:
    "^([a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$",
  most: 253 + 1 + 63,
  mostBeforeSlash: 253,
  words: 'a name of at most 63 letters, digits, "-", "_" and ".", optionally with a domain and "/" in front',
};

/** Of an annotation the domain may have capitals. */
const ANNOTATION_NAME: TextForm = {
  ...QUALIFIED_NAME,
  pattern:
    "^([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$",
};

/** All annotations of an object, names and values, in UTF-8. */
const MOST_ANNOTATION_BYTES = 256 * 1024;

/** Extended resources have a domain, which tells them from those of Kubernetes itself. */
export const EXTENDED_RESOURCE: TextForm = {
  pattern:
    "^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*/[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$",
  most: 253 + 1 + 63,
  words: "a domain, a slash and a name, as in nvidia.com/gpu",
};

const LABEL_VALUE: TextForm = {
  pattern: "^([A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?)?$",
  most: 63,
  words: 'at most 63 letters, digits, "-", "_" and "."',
};

/** Labels, and what may be written of them. */
export const LABELS_SCHEMA: Schema = {
  form: "text-map",
  keys: QUALIFIED_NAME,
  values: { form: "text", like: LABEL_VALUE, empty: true },
  about: "Labels of the object.",
};

/** What Kubernetes keeps of every object. The fields that it writes itself may stand in a file that was read from a cluster. */
export function metadataSchema(name: Schema): ObjectSchema {
  return {
    form: "object",
    noun: "the metadata",
    required: ["name"],
    fields: {
      name,
      namespace: { form: "text", like: DNS_LABEL },
      labels: LABELS_SCHEMA,
      annotations: {
        form: "text-map",
        keys: ANNOTATION_NAME,
        values: { form: "text", empty: true },
        mostBytes: MOST_ANNOTATION_BYTES,
      },
      ...Object.fromEntries(KEPT_BY_KUBERNETES.map((field): [string, Schema] => [field, { form: "json" }])),
    },
  };
}

const KEPT_BY_KUBERNETES = [
  "finalizers",
  "ownerReferences",
  "generateName",
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "managedFields",
  "selfLink",
] as const;

export const PIPELINE_NAME: Schema = { form: "name", noun: "pipeline" };
export const GROUP_RESOURCE_NAME: Schema = {
  form: "resource-name",
  noun: "Group",
  about: `At most 40 characters of a free-standing Group, ${String(MAX_RESOURCE_NAME_LENGTH)} of one that settles a group of a pipeline.`,
};
