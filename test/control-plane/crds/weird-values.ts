/** Puts a value of any kind into any field that the schema knows, without a thought for what is right. */
import { GROUP_SCHEMA, PIPELINE_SCHEMA, type Schema } from "@troupe/model";
import type { Dice } from "./dice.ts";
import { isLoose, type Loose } from "./loose.ts";

const WEIRD: readonly unknown[] = [
  null,
  true,
  false,
  0,
  1,
  -1,
  0.5,
  3.0,
  129,
  10_000,
  10_001,
  1_000_001,
  2_147_483,
  2_147_484,
  2 ** 31 - 1,
  2 ** 31,
  -(2 ** 31),
  2 ** 53 - 1,
  2 ** 53,
  -0.5,
  1e-9,
  1e21,
  1e300,
  "",
  " ",
  "n",
  "A",
  "0.5",
  "1.5",
  "2.0",
  "500m",
  "2Gi",
  "1e3",
  "1E+3",
  "5E",
  "100m",
  "1Ki",
  "1023Ki",
  "1048575.5",
  "9223372036854775808",
  "1e400",
  "0.00000000000000000000000000000001",
  "1.500000000000000000000000000000",
  "1e19",
  "9E",
  "99E",
  "1e30",
  "1e-9",
  ".",
  "0.0000000001",
  "100Ki",
  "007",
  "١",
  "x/y",
  "é",
  "a\u00a0",
  "\ufeffa",
  "\ud800",
  "\ufffd",
  "😀",
  "😀".repeat(64),
  "😀".repeat(65),
  "👩‍👩‍👧",
  "e\u0301",
  "\u200ba",
  "\u202ea",
  "\u2029",
  "\u007f",
  "\u0085a",
  "\ue000",
  "اسم",
  "-1",
  "nvidia.com/gpu",
  "a\nb",
  "x".repeat(40),
  "x".repeat(41),
  "x".repeat(63),
  "x".repeat(64),
  "x".repeat(128),
  "x".repeat(129),
  "x".repeat(253),
  "x".repeat(254),
  "x".repeat(100_000),
  `${"x".repeat(254)}/a`,
  [],
  [null],
  ["A"],
  ["A", "A"],
  {},
  { a: null },
  { a: "\ud800" },
  { name: "A" },
  { "example.org/a": "b" },
  { "Example.org/a": "b" },
  { [`${"x".repeat(253)}/a`]: "b" },
  { [`${"x".repeat(254)}/a`]: "b" },
  { ["x".repeat(63)]: "x".repeat(63) },
  { ["x".repeat(64)]: "" },
  { "a.b/c.d_e-f": "" },
  { "a..b/c": "" },
  { "-a": "" },
  { a: "-" },
  { a: "x".repeat(300_000) },
  [{}],
  [[]],
  [{ name: "g" }, { name: "g" }],
  Array.from({ length: 100 }, (_, index) => `n${String(index)}`),
  Array.from({ length: 100 }, (_, index) => ({ name: `g${String(index)}` })),
  Array.from({ length: 200 }, (_, index) => ({ name: `m${String(index)}`, type: "t", group: "g" })),
];

/** Where a request goes, and what the API server writes itself, is left alone. */
const OURS = /^\.(spec|status|metadata\.(name$|labels|annotations))/;

/** The path of the field that was changed, for messages. */
export function putWeirdValue(manifest: Loose, dice: Dice): string {
  const schema = manifest["kind"] === "Group" ? GROUP_SCHEMA : PIPELINE_SCHEMA;
  const fields = fieldsOf(schema, manifest, "").filter(({ path }) => OURS.test(path));
  const {
    holder,
    key,
    path,
    schema: own,
  } = dice.pick(fields.filter((field) => field.path.startsWith(".spec") || dice.chance(0.2)));
  const value = dice.pick(dice.chance(0.6) ? WEIRD.filter((weird) => typeOf(weird) === JSON_TYPES[own.form]) : WEIRD);
  holder[key] = structuredClone(value);
  return `${path} = ${JSON.stringify(value).slice(0, 200)}`;
}

/** Values of the right type go further, and find more. */
const JSON_TYPES: Readonly<Record<Schema["form"], string>> = {
  boolean: "boolean",
  text: "string",
  number: "number",
  quantity: "string",
  name: "string",
  "resource-name": "string",
  "module-name": "string",
  expose: "string",
  json: "object",
  "json-object": "object",
  "text-map": "object",
  list: "array",
  object: "object",
};

function typeOf(value: unknown): string {
  return Array.isArray(value) ? "array" : value === null ? "null" : typeof value;
}

interface Field {
  readonly schema: Schema;
  readonly holder: Loose;
  readonly key: string;
  readonly path: string;
}

/** Fields that are there, and fields that could be where their holder is there. */
function fieldsOf(schema: Schema, value: unknown, path: string): Field[] {
  if (schema.form === "list" && Array.isArray(value))
    return value.flatMap((item: unknown, index) => fieldsOf(schema.items, item, `${path}[${String(index)}]`));
  if (schema.form !== "object" || !isLoose(value)) return [];
  return Object.entries(schema.fields).flatMap(([key, field]) => [
    { holder: value, key, path: `${path}.${key}`, schema: field },
    ...fieldsOf(field, value[key], `${path}.${key}`),
  ]);
}
