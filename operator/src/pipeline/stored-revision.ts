/** A revision as it is kept: a ControllerRevision, of which the bucket in NATS is a projection. */
import { isPlainObject, type JsonObject } from "@troupe/model";
import { Fields } from "@troupe/protocol";
import { ownerReference, type Child, type Owner } from "../children/child.ts";
import { MANAGED_BY, PIPELINE_LABEL } from "../children/labels.ts";
import { revisionObjectName } from "../children/names.ts";
import { at, momentAt, numberAt, textAt } from "../children/read.ts";
import type { CompiledPipeline } from "./compile-pipeline.ts";

export const REVISION_LABEL = "troupe.dev/revision";

export interface StoredRevision extends CompiledPipeline {
  readonly objectName: string;
  /** Higher is newer; a spec that comes back gets a new number. */
  readonly number: number;
  readonly createdMs: number;
}

/** Its content never changes: the API server sees to it. */
export function revisionChild(
  { revision, templates }: CompiledPipeline,
  { namespace, owner, number }: { readonly namespace: string; readonly owner: Owner; readonly number: number },
): Child {
  return {
    apiVersion: "apps/v1",
    kind: "ControllerRevision",
    metadata: {
      name: revisionObjectName(owner.name, revision.id),
      namespace,
      labels: { ...MANAGED_BY, [PIPELINE_LABEL]: owner.name, [REVISION_LABEL]: revision.id },
      ownerReferences: [ownerReference(owner)],
    },
    revision: number,
    data: { revision, templates },
  };
}

/** @returns null when it is none of ours, or one that this version cannot read. */
export function readStoredRevision(raw: unknown): StoredRevision | null {
  const data = at(raw, "data");
  const [revision, templates] = [at(data, "revision"), at(data, "templates")];
  if (!isPlainObject(revision) || !isPlainObject(templates) || textAt(revision, "id") === "") return null;
  const readable = Object.values(templates).every(
    (item) => textAt(item, "hash") !== "" && isPlainObject(at(item, "template")),
  );
  if (!readable || !Array.isArray(revision["groups"]) || !Array.isArray(revision["modules"])) return null;
  return {
    ...new Fields(data, "revision").as<CompiledPipeline & JsonObject>(),
    objectName: textAt(raw, "metadata", "name"),
    number: numberAt(raw, "revision"),
    createdMs: momentAt(raw, "metadata", "creationTimestamp") ?? 0,
  };
}

/** The newest is the one that new jobs get. */
export function newestFirst(revisions: readonly StoredRevision[]): StoredRevision[] {
  return [...revisions].sort((a, b) => b.number - a.number || b.createdMs - a.createdMs);
}
