/** The examples as one applies them to a cluster: their modules in a ConfigMap, and the pipeline as it stands beside it. */
import { configMapYaml } from "@troupe/model";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { GeneratedFile } from "./files.ts";

const SOURCE = /^ {2}source: \{ configMap: ([a-z0-9-]+) \}$/m;
const HEAD =
  "# Generated from pipeline.yaml and modules/ by `make generate`; do not edit. kubectl apply -f makes it run.\n";

/** Every example whose modules fit into a ConfigMap. @param root of the repository */
export async function exampleManifests(root: string): Promise<GeneratedFile[]> {
  const examples = join(root, "examples");
  const folders = await readdir(examples, { withFileTypes: true });
  const names = folders.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).toSorted();
  const manifests = await Promise.all(names.map(async (name) => exampleManifest(join(examples, name), name)));
  return manifests.filter((manifest) => manifest !== null);
}

async function exampleManifest(folder: string, name: string): Promise<GeneratedFile | null> {
  const pipeline = await readFile(join(folder, "pipeline.yaml"), "utf8").catch(() => null);
  const configMap = pipeline === null ? undefined : SOURCE.exec(pipeline)?.[1];
  if (pipeline === null || configMap === undefined) return null;
  const modules = join(folder, "modules");
  const files = (await readdir(modules)).toSorted();
  const texts = await Promise.all(files.map(async (file) => [file, await readFile(join(modules, file), "utf8")]));
  const data = Object.fromEntries(texts) as Record<string, string>;
  const text = `${HEAD}${configMapYaml({ name: configMap, data })}---\n${pipeline}`;
  return { path: `examples/${name}/kubernetes.yaml`, text };
}
