import { findNonJson, isPlainObject } from "../canonical-json.ts";
import { didYouMean } from "../nearest.ts";
import { itemPath, keyPath } from "../path.ts";
import type { Finding, ProblemCode } from "../problem.ts";
import { moduleNameFinding, nameFinding, resourceNameFinding } from "./check-name.ts";
import { quantityFinding } from "./check-quantity.ts";
import { checkText, checkTextMap } from "./check-text.ts";
import { wrongType } from "./wrong-type.ts";
import type { NumberSchema, ObjectSchema, Schema } from "./schema.ts";

/** Everything in a value that does not have the form that its schema asks for. */
export function checkShape(value: unknown, schema: Schema, path: string): Finding[] {
  switch (schema.form) {
    case "object":
      return checkObject(value, schema, path);
    case "list":
      if (!Array.isArray(value)) return [wrongType(value, "a list", path)];
      return value.flatMap((item: unknown, index) => checkShape(item, schema.items, itemPath(path, index)));
    case "text":
      return checkText(value, schema, path);
    case "number":
      return checkNumber(value, schema, path);
    case "boolean":
      return typeof value === "boolean" ? [] : [wrongType(value, "true or false", path)];
    case "quantity":
      return quantityFinding(value, path);
    case "name":
      return typeof value === "string" ? nameFinding(value, schema.noun, path) : [wrongType(value, "a text", path)];
    case "resource-name":
      return typeof value === "string"
        ? resourceNameFinding(value, schema.noun, path)
        : [wrongType(value, "a text", path)];
    case "module-name":
      return typeof value === "string"
        ? moduleNameFinding(value, schema.noun, path)
        : [wrongType(value, "a text", path)];
    case "expose":
      return checkExpose(value, path);
    case "json":
      return checkJson(value, path);
    case "text-map":
      return checkTextMap(value, schema, path);
    case "json-object":
      return isPlainObject(value) ? checkJson(value, path) : [wrongType(value, "a mapping", path)];
  }
}

function checkObject(value: unknown, schema: ObjectSchema, path: string): Finding[] {
  if (!isPlainObject(value)) return [wrongType(value, "a mapping", path)];
  const missing = schema.required
    .filter((key) => isAbsent(value[key]))
    .map((key) => missingField(key, schema.noun, path));
  const present = Object.entries(value).flatMap(([key, field]) => {
    const known = Object.hasOwn(schema.fields, key) ? schema.fields[key] : undefined;
    if (known !== undefined) return isAbsent(field) ? [] : checkShape(field, known, keyPath(path, key));
    return schema.open === true || field === undefined ? [] : [unknownField(key, schema, path)];
  });
  return [...missing, ...present];
}

/** Like the API server, takes an empty field (`groups:`) for one that is not there. */
function isAbsent(field: unknown): boolean {
  return field === undefined || field === null;
}

function missingField(key: string, noun: string, path: string): Finding {
  return finding("MissingField", `The field "${key}" of ${noun} is missing.`, `Add "${key}".`, keyPath(path, key));
}

function unknownField(key: string, schema: ObjectSchema, path: string): Finding {
  const fields = Object.keys(schema.fields);
  const hint = `${didYouMean(key, fields)}It may have: ${fields.join(", ")}.`;
  return finding("UnknownField", `"${key}" is no field of ${schema.noun}.`, hint, keyPath(path, key));
}

function checkExpose(value: unknown, path: string): Finding[] {
  if (typeof value === "string") return moduleNameFinding(value, "result", path);
  return typeof value === "boolean" ? [] : [wrongType(value, "true, false or a name", path)];
}

function checkNumber(value: unknown, schema: NumberSchema, path: string): Finding[] {
  if (typeof value !== "number" || !Number.isFinite(value)) return [wrongType(value, rangeText(schema), path)];
  const tooLow = schema.above === true ? value <= schema.least : value < schema.least;
  const tooHigh = schema.most !== undefined && value > schema.most;
  if (!tooLow && !tooHigh && (!schema.whole || Number.isInteger(value))) return [];
  return [finding("InvalidValue", `${String(value)} is out of range.`, `Write ${rangeText(schema)}.`, path)];
}

function rangeText(schema: NumberSchema): string {
  const kind = schema.whole ? "a whole number" : "a number";
  const least = schema.above === true ? `above ${String(schema.least)}` : `of at least ${String(schema.least)}`;
  return `${kind} ${least}${schema.most === undefined ? "" : ` and at most ${String(schema.most)}`}`;
}

function checkJson(value: unknown, path: string): Finding[] {
  const at = findNonJson(value, path);
  if (at === null) return [];
  return [
    finding(
      "InvalidValue",
      "This value cannot be carried as JSON.",
      "Use texts, finite numbers, true, false, null, lists and plain objects.",
      at,
    ),
  ];
}

function finding(code: ProblemCode, message: string, hint: string, path: string): Finding {
  return { code, message, hint, path };
}
