import { groupPaths } from "../group-paths.ts";
import type { Problem } from "../problem.ts";
import { inOrder, validateGroup } from "../validate.ts";
import { composeYaml } from "../yaml/compose.ts";
import { shield } from "../yaml/shield.ts";
import { leaveAsWritten } from "../yaml/substitute.ts";
import type { Conversion } from "./conversion.ts";
import { sortDocuments } from "./documents.ts";
import { warnOfOtherReading } from "./kubectl-reading.ts";
import { placed } from "../problem.ts";
import { Places } from "./places.ts";
import { convertGroupResources } from "./troupe.ts";

export interface CheckedGroups {
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** Validates a file that has Groups and no Pipeline, as one that is applied beside its Pipeline; null when it is none. */
export function checkGroupsFile(text: string, file: string): CheckedGroups | null {
  const composed = composeYaml(shield(text));
  const sorted = sortDocuments(composed.documents);
  const { pipelines, magda, groups } = sorted;
  const isOne = composed.findings.length + sorted.findings.length + pipelines.length + magda.length === 0;
  if (!isOne || groups.length === 0) return null;
  const conversion: Conversion = { places: new Places(text), findings: [], warnings: [] };
  const documents = groups.map(leaveAsWritten).filter((node) => node.kind === "mapping");
  const values = convertGroupResources(documents, conversion.places);
  const paths = groupPaths(values);
  documents.forEach((document, index) => {
    warnOfOtherReading(document, paths[index] ?? "", conversion);
  });
  const { locate } = conversion.places;
  const problems = values.flatMap((value, index) => validateGroup(value, { file, path: paths[index] ?? "", locate }));
  return {
    problems: inOrder(problems),
    warnings: inOrder(conversion.warnings.map((finding) => placed(finding, locate, file))),
  };
}
