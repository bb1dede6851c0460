import { groupNames, type GroupSpec, type PipelineManifest } from "@troupe/model";
import { ownerReference, signed, type Child, type Owner } from "../children/child.ts";
import { groupLabels, MANAGED_BY } from "../children/labels.ts";
import { groupResourceNames } from "../children/names.ts";
import { textAt } from "../children/read.ts";
import type { GroupObject } from "../resources.ts";
import type { GroupsOfPipeline } from "./declared-groups.ts";

/** The number that the Pipeline names, while it names one: so it is seen when it lets go. */
const NAMED_REPLICAS_ANNOTATION = "troupe.dev/named-replicas";

export interface GeneratedGroup {
  readonly child: Child;
  /** What has to be done before, when the Pipeline has named a number and does so no more. */
  readonly release: Release | null;
}

export type Release =
  /** Applied by another manager: the live number, which must not be dropped with the Pipeline's claim to it. */
  | { readonly kind: "keep"; readonly child: Child }
  /** A number beside `autoscale` is refused, so it has to go first. */
  | { readonly kind: "drop"; readonly name: string };

export interface GeneratedGroupsQuestion {
  readonly manifest: PipelineManifest;
  readonly namespace: string;
  readonly owner: Owner;
  readonly existing: GroupsOfPipeline;
  /** Names of Group resources of the namespace that belong to something else. */
  readonly isTaken: (name: string, group: string) => boolean;
}

/** A Group for every group that no user has declared one for. */
export function generatedGroups(question: GeneratedGroupsQuestion): GeneratedGroup[] {
  const { manifest, existing } = question;
  return groupNames(manifest)
    .filter((group) => !existing.declared.has(group))
    .map((group) => generatedGroup(group, question));
}

function generatedGroup(group: string, question: GeneratedGroupsQuestion): GeneratedGroup {
  const { manifest, namespace, owner, existing, isTaken } = question;
  const before = existing.generated.get(group);
  const [plain, hashed] = groupResourceNames(owner.name, group);
  const name = before?.metadata.name ?? (isTaken(plain, group) ? hashed : plain);
  const listed = (manifest.spec.groups ?? []).find((entry) => entry.name === group);
  const { name: _, ...settings }: GroupSpec = listed ?? { name: group };
  const named = settings.replicas;
  const child = signed({
    apiVersion: "troupe.dev/v1alpha1",
    kind: "Group",
    metadata: {
      name,
      namespace,
      labels: { ...MANAGED_BY, ...groupLabels({ pipeline: owner.name, group }) },
      ...(named === undefined ? {} : { annotations: { [NAMED_REPLICAS_ANNOTATION]: String(named) } }),
      ownerReferences: [ownerReference(owner)],
    },
    spec: { pipelineRef: { name: owner.name }, group, ...settings },
  });
  return { child, release: named === undefined ? releaseOf(before, settings.autoscale !== undefined) : null };
}

function releaseOf(before: GroupObject | undefined, isAutoscaled: boolean): Release | null {
  const live = before?.spec.replicas;
  if (before === undefined || live === undefined) return null;
  const { name, namespace = "", resourceVersion } = before.metadata;
  if (isAutoscaled) return { kind: "drop", name };
  if (textAt(before, "metadata", "annotations", NAMED_REPLICAS_ANNOTATION) === "") return null;
  const child: Child = {
    apiVersion: "troupe.dev/v1alpha1",
    kind: "Group",
    metadata: { name, namespace, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
    spec: { replicas: live },
  };
  return { kind: "keep", child };
}
