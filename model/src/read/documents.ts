import { didYouMean } from "../nearest.ts";
import type { Finding } from "../problem.ts";
import type { MappingNode, YamlNode } from "../yaml/node.ts";
import { fieldNode, nameText } from "./conversion.ts";

/** The documents of a file by what they are. */
export interface SortedDocuments {
  readonly pipelines: readonly MappingNode[];
  readonly groups: readonly MappingNode[];
  readonly configMaps: readonly MappingNode[];
  readonly magda: readonly MappingNode[];
  /** Kinds of all other documents; they are not for Troupe. */
  readonly others: readonly string[];
  readonly findings: readonly { readonly finding: Finding; readonly offset: number }[];
}

type Kind = "pipelines" | "groups" | "configMaps" | "magda";

const KINDS: ReadonlyMap<string, Kind> = new Map([
  ["Pipeline", "pipelines"],
  ["Group", "groups"],
  ["ConfigMap", "configMaps"],
]);

export function sortDocuments(documents: readonly YamlNode[]): SortedDocuments {
  const sorted: Record<Kind, MappingNode[]> = { pipelines: [], groups: [], configMaps: [], magda: [] };
  const others: string[] = [];
  const findings: { finding: Finding; offset: number }[] = [];
  for (const document of documents.flatMap(itemsOf)) {
    if (document.kind !== "mapping") {
      findings.push({ finding: notAMapping(), offset: document.offset });
      continue;
    }
    const kind = kindOf(document);
    const name = nameText(fieldNode(document, "kind")) ?? "a document without kind";
    if (kind !== null) sorted[kind].push(document);
    else if (isTroupes(document))
      findings.push({ finding: unknownKind(name), offset: fieldNode(document, "kind")?.offset ?? document.offset });
    else others.push(name);
  }
  return { ...sorted, others, findings };
}

/** What `kubectl get -o yaml` gives for several objects is one List. */
function itemsOf(document: YamlNode): readonly YamlNode[] {
  if (document.kind !== "mapping" || nameText(fieldNode(document, "kind")) !== "List") return [document];
  const items = fieldNode(document, "items");
  return items?.kind === "sequence" ? items.items : [];
}

function kindOf(document: MappingNode): Kind | null {
  const kind = nameText(fieldNode(document, "kind"));
  if (kind !== undefined) {
    const known = KINDS.get(kind) ?? null;
    return known === "groups" && !isTroupes(document) ? null : known;
  }
  if (document.entries.has("spec") || document.entries.has("apiVersion")) return "pipelines";
  return document.entries.has("modules") ? "magda" : null;
}

function isTroupes(document: MappingNode): boolean {
  return nameText(fieldNode(document, "apiVersion"))?.startsWith("troupe.dev/") === true;
}

function unknownKind(kind: string): Finding {
  const hint = `${didYouMean(kind, ["Pipeline", "Group"])}There are Pipeline and Group.`;
  return { code: "InvalidValue", message: `${kind} is no kind of troupe.dev.`, hint, path: "kind" };
}

function notAMapping(): Finding {
  return {
    code: "InvalidValue",
    message: "A document must be a mapping of fields to values.",
    hint: "Begin with apiVersion: troupe.dev/v1alpha1 and kind: Pipeline.",
    path: "",
  };
}
