/** The reference page of the custom resources, from the same schema as the CRDs. */
import {
  API_VERSION,
  CONDITION_REASONS,
  CONDITION_TYPES,
  MAX_MODULE_NAME_LENGTH,
  MAX_NAME_LENGTH,
  MAX_RESOURCE_NAME_LENGTH,
  type ListSchema,
  type NumberSchema,
  type ObjectSchema,
  type Schema,
  type TextSchema,
} from "@troupe/model";
import { CUSTOM_RESOURCES, type CustomResource } from "./custom-resources.ts";

const INTRODUCTION = `# The custom resources

<!-- Generated from model/src/schema by \`make generate\`; do not edit. -->

\`${API_VERSION}\` has two kinds. A **Pipeline** declares modules, their groups, and which module depends on which. A **Group** exists
for every group: made by the operator from the Pipeline, or declared by you, in which case it wins over the Pipeline field by field
and is left alone when the Pipeline goes. A Group without a pipeline is a free-standing pool of actor hosts.

    kubectl apply -f crds/            # both, and the admission policy that refuses circles; the chart brings them along
    kubectl explain pipeline.spec.modules

The API server checks the form of every field, the rules that this page lists, and, by the policy, that neither modules nor groups
wait for each other in a circle. What it cannot see (a disjoint graph, a template that sets what Troupe sets, more than 64 groups,
parameters above 256 KiB) the operator reports as the condition \`Accepted=False\`, with the code that \`troupe validate\` gives:
all codes are in [errors](../errors.md). \`troupe validate FILE\` finds all of it before anything is applied, with the line and the cure.

A manifest above 256 KiB is more than \`kubectl apply\` can remember in an annotation: use \`kubectl apply --server-side\`.
`;

/** The page as Markdown. */
export function referencePage(): string {
  return [INTRODUCTION, ...CUSTOM_RESOURCES.map(kindSection), conditionSection()].join("\n");
}

function kindSection(resource: CustomResource): string {
  const { kind, plural, shortNames, schema, columns, rules, scale } = resource;
  const { spec, status } = schema.fields;
  if (spec?.form !== "object" || status?.form !== "object") throw new Error(`${kind} has no spec or no status.`);
  const shown = columns.map(({ name, description, priority }) => [
    code(name.toUpperCase()),
    priority === undefined ? description : `${description} With \`-o wide\`.`,
  ]);
  const told = Object.entries(rules).flatMap(([path, list]) =>
    list.map(({ message }) => [path === "" ? code(kind) : code(`${kind}.${path}`), message]),
  );
  return [
    `## ${kind}`,
    schema.about ?? "",
    `\`kubectl get ${plural}\`, short \`${shortNames.join("`, `")}\`; both kinds: \`kubectl get troupe\`.${scale === undefined ? "" : " It can be scaled: by `kubectl scale`, by an HPA or by KEDA."}`,
    ...objectSections(spec, `${kind}.spec`),
    `### What the API server checks of a ${kind}`,
    table(["at", "rule"], told),
    ...objectSections(status, `${kind}.status`),
    `### Columns of ${plural}`,
    table(["column", "meaning"], shown),
    "",
  ].join("\n\n");
}

/** A section for the object, and one for every object within it. */
function objectSections(schema: ObjectSchema, path: string): string[] {
  const rows = Object.entries(schema.fields).map(([key, field]) => [
    schema.required.includes(key) ? `**${code(key)}**` : code(key),
    typeOf(field),
    field.about ?? "",
  ]);
  const inner = Object.entries(schema.fields).flatMap(([key, field]) => innerSections(field, `${path}.${key}`));
  return [
    `### ${code(path)}`,
    schema.about ?? "",
    table(["field (required ones bold)", "type", "meaning"], rows),
    ...inner,
  ];
}

function innerSections(schema: Schema, path: string): string[] {
  if (schema.form === "object") return objectSections(schema, path);
  return schema.form === "list" ? innerSections(schema.items, `${path}[]`) : [];
}

function typeOf(schema: Schema): string {
  switch (schema.form) {
    case "object":
      return "object";
    case "list":
      return listType(schema);
    case "text":
      return textType(schema);
    case "number":
      return numberType(schema);
    case "boolean":
      return "boolean";
    case "quantity":
      return "quantity: a whole number, or a text";
    case "name":
      return `name: DNS label, at most ${MAX_NAME_LENGTH} characters`;
    case "resource-name":
      return `name: DNS label, at most ${MAX_RESOURCE_NAME_LENGTH} characters`;
    case "module-name":
      return `text of one line, at most ${MAX_MODULE_NAME_LENGTH} characters`;
    case "expose":
      return "boolean or text";
    case "json":
      return "anything";
    case "json-object":
      return "object of anything";
    case "text-map":
      return "object of texts";
  }
}

function listType({ items, least, most, unique }: ListSchema): string {
  const bounds = [
    ...(least === undefined ? [] : [`at least ${least}`]),
    ...(most === undefined ? [] : [`at most ${most}`]),
    ...(unique === "items" ? ["no two alike"] : unique === undefined ? [] : [`by ${code(unique.by)}`]),
  ];
  const of = items.form === "object" ? "objects" : "texts";
  return `list of ${of}${bounds.length === 0 ? "" : `: ${bounds.join(", ")}`}`;
}

function textType({ among, like, time }: TextSchema): string {
  if (among !== undefined) return among.map(code).join(", ");
  if (time === true) return "time";
  return like === undefined ? "text" : `text: ${like.words}`;
}

function numberType({ whole, least, above, most }: NumberSchema): string {
  const kind = whole ? "whole number" : "number";
  const from = above === true ? `above ${grouped(least)}` : `from ${grouped(least)}`;
  return `${kind} ${from}${most === undefined ? "" : ` to ${grouped(most)}`}`;
}

function grouped(value: number): string {
  return value.toLocaleString("en-US");
}

function conditionSection(): string {
  const types = Object.entries(CONDITION_TYPES).map(([type, about]) => [code(type), about]);
  const sections = Object.entries(CONDITION_REASONS).flatMap(([type, reasons]) => [
    `### Reasons of ${type}`,
    table(["reason", "when"], Object.entries(reasons).map(reasonRow)),
  ]);
  return [
    "## Conditions",
    "What the operator observes, in `status.conditions` of both kinds. `Accepted`, `Ready`, `Progressing` and `Stalled` are there from the first visit on; the reason `Reconciling` with `Unknown` says that something was not looked at yet. Each has the generation of the spec that it was observed of, so `kubectl wait --for=condition=Ready pipeline/NAME` works, and so do Flux and [Argo CD](../operations/argocd.md).",
    table(["condition", "`True` means"], types),
    ...sections,
    "",
  ].join("\n\n");
}

/** `True: nothing is wrong.` in two parts, the status first. */
function reasonRow([reason, when]: readonly [string, string]): string[] {
  const [status = "", ...rest] = when.split(": ");
  return [code(reason), `${code(status)}: ${rest.join(": ")}`];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function code(text: string): string {
  return `\`${text}\``;
}
