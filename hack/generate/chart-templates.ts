/** The CRDs and the policy as templates of the chart: so an upgrade upgrades them, which Helm does with nothing in a chart's `crds/`. */
import type { GeneratedFile } from "./files.ts";

const FOLDER = "charts/troupe/templates/crds";
/** CRDs stay when the release goes, and with them the users' Pipelines. */
const KEEP = "  annotations:\n    helm.sh/resource-policy: keep\n";
const METADATA = /^metadata:\n(?= {2}name:)/m;

/** @param file one of `crds/`, formatted */
export function chartTemplate({ path, text }: GeneratedFile): GeneratedFile {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const isPolicy = name === "admission-policy.yaml";
  const value = isPolicy ? ".Values.crds.admissionPolicy" : ".Values.crds.install";
  const content = isPolicy ? text : text.replace(METADATA, (line) => line + KEEP);
  return { path: `${FOLDER}/${name}`, text: `{{- if ${value} }}\n${escaped(content)}{{- end }}\n` };
}

function escaped(text: string): string {
  return text.replaceAll(/\{\{|\}\}/g, (braces) => `{{ "${braces}" }}`);
}
