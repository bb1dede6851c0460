import { dump } from "js-yaml";
import type { ConfigMapManifest, GroupManifest, PipelineManifest } from "./manifest.ts";

/** The manifest as YAML that versions 1.1 and 1.2 read alike: a name such as `on` or `n` is put in quotes. */
export function toYaml(manifest: PipelineManifest | GroupManifest): string {
  return dumpYaml(manifest);
}

/** A ConfigMap of module files as it is applied. */
export function configMapYaml({ name, data }: ConfigMapManifest): string {
  return dumpYaml({ apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data });
}

/** Any value as YAML that versions 1.1 and 1.2 read alike. */
export function dumpYaml(value: object): string {
  return dump(value, { noRefs: true, lineWidth: 120, quoteStyle: "double", skipInvalid: true });
}
