import type { JsonObject } from "../json.ts";
import { MAX_MODULE_NAME_LENGTH, MAX_NAME_LENGTH, MAX_QUANTITY_LENGTH, MAX_RESOURCE_NAME_LENGTH } from "../limits.ts";
import { QUANTITY_PATTERN } from "../quantity.ts";
import { DNS_LABEL_PATTERN, MODULE_NAME_PATTERN } from "./check-name.ts";
import { GROUP_SCHEMA } from "./group-schema.ts";
import { PIPELINE_SCHEMA } from "./pipeline-schema.ts";
import type { ListSchema, NumberSchema, Schema, TextSchema } from "./schema.ts";

/** JSON Schema (draft 2020-12) of a Pipeline or Group manifest, for editors. It says the form of fields; the validator says the rest. */
export function manifestJsonSchema(kind: "Pipeline" | "Group"): JsonObject {
  const schema = kind === "Pipeline" ? PIPELINE_SCHEMA : GROUP_SCHEMA;
  return { $schema: "https://json-schema.org/draft/2020-12/schema", title: kind, ...toJsonSchema(schema) };
}

function toJsonSchema(schema: Schema): JsonObject {
  const described = schema.about === undefined ? {} : { description: schema.about };
  return { ...described, ...formOf(schema) };
}

function formOf(schema: Schema): JsonObject {
  switch (schema.form) {
    case "object":
      return {
        type: "object",
        properties: Object.fromEntries(Object.entries(schema.fields).map(([key, field]) => [key, toJsonSchema(field)])),
        ...(schema.required.length === 0 ? {} : { required: schema.required }),
        ...(schema.open === true ? {} : { additionalProperties: false }),
      };
    case "list":
      return listForm(schema);
    case "text":
      return textForm(schema);
    case "number":
      return numberForm(schema);
    case "boolean":
      return { type: "boolean" };
    case "quantity":
      return {
        anyOf: [
          { type: "integer", minimum: 0 },
          { type: "string", pattern: QUANTITY_PATTERN, maxLength: MAX_QUANTITY_LENGTH },
        ],
      };
    case "name":
      return { type: "string", pattern: DNS_LABEL_PATTERN, maxLength: MAX_NAME_LENGTH };
    case "resource-name":
      return { type: "string", pattern: DNS_LABEL_PATTERN, maxLength: MAX_RESOURCE_NAME_LENGTH };
    case "module-name":
      return { type: "string", pattern: MODULE_NAME_PATTERN, maxLength: MAX_MODULE_NAME_LENGTH };
    case "expose":
      return { type: ["boolean", "string"] };
    case "json":
      return {};
    case "json-object":
      return { type: "object" };
    case "text-map":
      return { type: "object", additionalProperties: toJsonSchema(schema.values) };
  }
}

function listForm({ items, least, most, unique }: ListSchema): JsonObject {
  return {
    type: "array",
    items: toJsonSchema(items),
    ...(least === undefined ? {} : { minItems: least }),
    ...(most === undefined ? {} : { maxItems: most }),
    ...(unique === "items" ? { uniqueItems: true } : {}),
  };
}

function textForm({ only, among, like, empty, time }: TextSchema): JsonObject {
  if (only !== undefined) return { const: only };
  if (among !== undefined) return { enum: among };
  return {
    type: "string",
    ...(empty === true ? {} : { minLength: 1 }),
    ...(like === undefined ? {} : { pattern: like.pattern, maxLength: like.most }),
    ...(time === true ? { format: "date-time" } : {}),
  };
}

function numberForm({ whole, least, above, most }: NumberSchema): JsonObject {
  const bound = above === true ? { exclusiveMinimum: least } : { minimum: least };
  return { type: whole ? "integer" : "number", ...bound, ...(most === undefined ? {} : { maximum: most }) };
}
