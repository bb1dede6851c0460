import type { Finding } from "../problem.ts";
import type { MappingNode } from "../yaml/node.ts";
import type { SortedDocuments } from "./documents.ts";

export type ChosenPipeline =
  | { readonly document: MappingNode; readonly format: "troupe" | "magda" }
  | (Finding & { readonly finding: true; readonly offset: number });

/** The one pipeline of a file. */
export function choosePipeline({ pipelines, magda, groups, configMaps, others }: SortedDocuments): ChosenPipeline {
  const candidates = [
    ...pipelines.map((document) => ({ document, format: "troupe" as const })),
    ...magda.map((document) => ({ document, format: "magda" as const })),
  ].toSorted((a, b) => a.document.offset - b.document.offset);
  const [only, second] = candidates;
  if (second !== undefined)
    return refusal(
      second.document.offset,
      "TooManyPipelines",
      `The file has ${String(candidates.length)} pipelines.`,
      "Put each into a file of its own.",
    );
  if (only !== undefined) return only;
  const found = [...groups.map(() => "Group"), ...configMaps.map(() => "ConfigMap"), ...others];
  return refusal(
    0,
    "MissingPipeline",
    `The file has no pipeline${found.length === 0 ? "" : `, only: ${found.join(", ")}`}.`,
    "Declare one: apiVersion: troupe.dev/v1alpha1, kind: Pipeline; a MAGDA configuration has modules at its top level.",
  );
}

function refusal(offset: number, code: Finding["code"], message: string, hint: string): ChosenPipeline {
  return { finding: true, code, message, hint, path: "", offset };
}
