/** The schema of the model as the API server takes it: OpenAPI 3.0 in the structural form of CRDs, with rules in CEL where something is to be said of it. */
import {
  DNS_LABEL_PATTERN,
  MAX_MODULE_NAME_LENGTH,
  MAX_NAME_LENGTH,
  MAX_QUANTITY_LENGTH,
  MAX_RESOURCE_NAME_LENGTH,
  MODULE_NAME_PATTERN,
  QUANTITY_PATTERN,
  type JsonObject,
  type ListSchema,
  type NumberSchema,
  type ObjectSchema,
  type Schema,
  type TextSchema,
} from "@troupe/model";

/** A rule that the API server checks where it stands. */
export interface CelRule {
  readonly rule: string;
  readonly message: string;
  /** The field that is wrong, relative to the place of the rule, as in `.source`. */
  readonly fieldPath?: string;
}

/** Rules by the path of what they are about: `spec`, `spec.modules[]`; the empty path is the object itself. */
export type CelRules = Readonly<Record<string, readonly CelRule[]>>;

/** @throws Error when a rule stands at a path that the schema has not got */
export function structuralSchema(schema: ObjectSchema, rules: CelRules): JsonObject {
  const used = new Set<string>();
  const structural = convert(schema, { path: "", rules, used });
  const lost = Object.keys(rules).filter((path) => !used.has(path));
  if (lost.length > 0) throw new Error(`CEL rules for paths that are not in the schema: ${lost.join(", ")}`);
  return structural;
}

interface At {
  readonly path: string;
  readonly rules: CelRules;
  readonly used: Set<string>;
}

function convert(schema: Schema, at: At): JsonObject {
  const rules = at.rules[at.path] ?? [];
  at.used.add(at.path);
  return {
    ...(schema.about === undefined ? {} : { description: schema.about }),
    ...formOf(schema, at),
    ...(rules.length === 0 ? {} : { "x-kubernetes-validations": rules.map((rule) => ({ ...rule })) }),
  };
}

function formOf(schema: Schema, at: At): JsonObject {
  switch (schema.form) {
    case "object":
      return objectForm(schema, at);
    case "list":
      return listForm(schema, at);
    case "text":
      return textForm(schema);
    case "number":
      return numberForm(schema);
    case "boolean":
      return { type: "boolean" };
    case "quantity":
      return {
        anyOf: [{ type: "integer" }, { type: "string" }],
        minimum: 0,
        maxLength: MAX_QUANTITY_LENGTH,
        pattern: QUANTITY_PATTERN,
        "x-kubernetes-int-or-string": true,
      };
    case "name":
      return { type: "string", minLength: 1, maxLength: MAX_NAME_LENGTH, pattern: DNS_LABEL_PATTERN };
    case "resource-name":
      return { type: "string", minLength: 1, maxLength: MAX_RESOURCE_NAME_LENGTH, pattern: DNS_LABEL_PATTERN };
    case "module-name":
      return { type: "string", minLength: 1, maxLength: MAX_MODULE_NAME_LENGTH, pattern: MODULE_NAME_PATTERN };
    case "expose":
      // A structural schema cannot say "a boolean or a text"; the admission policy does. Bounds of texts hold for texts alone.
      return {
        minLength: 1,
        maxLength: MAX_MODULE_NAME_LENGTH,
        pattern: MODULE_NAME_PATTERN,
        "x-kubernetes-preserve-unknown-fields": true,
      };
    case "json":
      return { nullable: true, "x-kubernetes-preserve-unknown-fields": true };
    case "json-object":
      return { type: "object", "x-kubernetes-preserve-unknown-fields": true };
    case "text-map":
      return { type: "object", additionalProperties: convert(schema.values, inside(at, "{}")) };
  }
}

function inside(at: At, step: string): At {
  return { ...at, path: at.path === "" ? step : `${at.path}${step.startsWith("[") ? "" : "."}${step}` };
}

function objectForm({ fields, required }: ObjectSchema, at: At): JsonObject {
  const properties = Object.entries(fields).map(([key, field]): [string, JsonObject] => [
    key,
    convert(field, inside(at, key)),
  ]);
  return {
    type: "object",
    ...(required.length === 0 ? {} : { required }),
    properties: Object.fromEntries(properties),
  };
}

function listForm({ items, least, most, unique }: ListSchema, at: At): JsonObject {
  return {
    type: "array",
    ...(least === undefined ? {} : { minItems: least }),
    ...(most === undefined ? {} : { maxItems: most }),
    ...listType(unique),
    items: convert(items, inside(at, "[]")),
  };
}

function listType(unique: ListSchema["unique"]): JsonObject {
  if (unique === undefined) return { "x-kubernetes-list-type": "atomic" };
  if (unique === "items") return { "x-kubernetes-list-type": "set" };
  return { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [unique.by] };
}

function textForm({ only, among, like, empty, time }: TextSchema): JsonObject {
  const right = only === undefined ? among : [only];
  return {
    type: "string",
    ...(right === undefined ? {} : { enum: right }),
    ...(empty === true || right !== undefined || time === true ? {} : { minLength: 1 }),
    ...(like === undefined ? {} : { maxLength: like.most, pattern: like.pattern }),
    ...(time === true ? { format: "date-time" } : {}),
  };
}

function numberForm({ whole, least, above, most }: NumberSchema): JsonObject {
  return {
    type: whole ? "integer" : "number",
    ...(whole ? { format: (most ?? Infinity) < 2 ** 31 ? "int32" : "int64" } : {}),
    minimum: least,
    ...(above === true ? { exclusiveMinimum: true } : {}),
    ...(most === undefined ? {} : { maximum: most }),
  };
}
