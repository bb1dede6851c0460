import { dumpYaml, type JsonObject } from "@troupe/model";
import { resolve } from "node:path";
import { format } from "prettier";
import { admissionPolicy } from "./admission-policy.ts";
import { chartTemplate } from "./chart-templates.ts";
import { CUSTOM_RESOURCES, customResourceDefinition, nameOf } from "./custom-resources.ts";
import { exampleManifests } from "./example-manifests.ts";
import { referencePage } from "./reference.ts";

const ROOT = resolve(import.meta.dirname, "../..");

export interface GeneratedFile {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
}

const HEAD = "# Generated from model/src/schema by `make generate`; do not edit.\n";

/** Every generated file, in the format that `make verify` asks for. */
export async function generatedFiles(): Promise<GeneratedFile[]> {
  const crds = CUSTOM_RESOURCES.map((resource) => ({
    path: `crds/${nameOf(resource)}.yaml`,
    text: yaml(customResourceDefinition(resource)),
  }));
  const policy = { path: "crds/admission-policy.yaml", text: yaml(...admissionPolicy()) };
  const applied = await Promise.all(
    [...crds, policy].map(async ({ path, text }) => ({
      path,
      text: await format(text, { filepath: path, printWidth: 120 }),
    })),
  );
  const reference = {
    path: "docs/reference/crds.md",
    text: await format(referencePage(), { parser: "markdown", printWidth: 120 }),
  };
  return [...applied, reference, ...applied.map(chartTemplate), ...(await exampleManifests(ROOT))];
}

function yaml(...documents: readonly JsonObject[]): string {
  return HEAD + documents.map((document) => dumpYaml(document)).join("---\n");
}
