import test from "ava";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { CUSTOM_RESOURCES, customResourceDefinition } from "../../hack/generate/custom-resources.ts";
import { generatedFiles } from "../../hack/generate/files.ts";
import { CONDITION_REASONS, isPlainObject } from "@troupe/model";

const ROOT = resolve(import.meta.dirname, "../..");

test("the generated files are those of the model (else: make generate)", async (t) => {
  const files = await generatedFiles();
  t.true(files.length >= 3);
  for (const { path, text } of files) t.is(await readFile(resolve(ROOT, path), "utf8"), text, path);
});

test("every field of the CRDs has a description, in a sentence", (t) => {
  let fields = 0;
  const walk = (schema: unknown, path: string): void => {
    if (!isPlainObject(schema)) return;
    const properties = isPlainObject(schema["properties"]) ? schema["properties"] : {};
    for (const [key, field] of Object.entries(properties)) {
      const below = `${path}.${key}`;
      // The API server describes metadata itself, and takes nothing but bounds of the name.
      if (below === ".metadata") continue;
      const description = isPlainObject(field) ? field["description"] : undefined;
      t.true(typeof description === "string" && /^[A-Z`].*\.$/s.test(description), `${below}: ${String(description)}`);
      fields += 1;
      walk(field, below);
    }
    walk(schema["items"], `${path}[]`);
  };
  for (const resource of CUSTOM_RESOURCES) walk(rootOf(customResourceDefinition(resource)), "");
  t.true(fields > 90, `only ${fields} fields were looked at`);
});

test("wherever `suspend` is told of, new jobs are refused and open ones go on (ADR 8)", async (t) => {
  const [definition] = CUSTOM_RESOURCES.map((resource) => JSON.stringify(customResourceDefinition(resource)));
  const field = /"suspend":\{[^}]*"description":"([^"]*)"/.exec(definition ?? "")?.[1];
  const health = /health\("Suspended", "([^"]*)"\)/.exec(
    await readFile(resolve(ROOT, "crds/argocd-health.lua"), "utf8"),
  );
  for (const text of [field, health?.[1], CONDITION_REASONS.Ready.Suspended]) {
    t.regex(text ?? "", /refuse.*open (jobs|ones) go on to their end/i);
    t.notRegex(text ?? "", /kept|keep|accept/i);
  }
});

function rootOf(definition: unknown): unknown {
  const at = (value: unknown, key: string): unknown => (isPlainObject(value) ? value[key] : undefined);
  const versions = at(at(definition, "spec"), "versions");
  return at(at(Array.isArray(versions) ? versions[0] : undefined, "schema"), "openAPIV3Schema");
}
