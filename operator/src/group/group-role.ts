/** What a Group is: with pods or without, of a pipeline or of its own. */
import { groupNames, settleGroup, validateGroup, type GroupManifest, type PipelineManifest } from "@troupe/model";
import { API_VERSION } from "@troupe/model";
import type { Installation } from "../installation.ts";
import {
  acceptPipeline,
  groupManifestOf,
  problemsText,
  type Acceptance,
  type SourceFacts,
} from "../pipeline/accept.ts";
import { groupsOfPipeline, isGenerated } from "../pipeline/declared-groups.ts";
import { sourceCopyName } from "../children/names.ts";
import type { StoredRevision } from "../pipeline/stored-revision.ts";
import type { GroupObject, PipelineObject } from "../resources.ts";
import { gpuClaim } from "./gpu-claim.ts";
import type { GroupRefusal, GroupRole } from "./group-view.ts";
import { groupTemplate } from "./pod-template.ts";

export interface MemberFacts {
  readonly group: GroupObject;
  /** Undefined: there is none of that name. */
  readonly pipeline: PipelineObject | undefined;
  /** All of the namespace that refer to the pipeline. */
  readonly siblings: readonly GroupObject[];
  readonly source: SourceFacts;
  /** Of the Pipeline, the newest. */
  readonly current: StoredRevision | undefined;
  readonly hasDeployments: boolean;
  readonly installation: Installation;
  readonly hasOwnCredentials: boolean;
}

/** A Group that refers to a pipeline. */
export function memberRole(facts: MemberFacts): GroupRole {
  const { group, pipeline } = facts;
  const name = group.spec.group ?? "";
  const pipelineName = group.spec.pipelineRef?.name ?? "";
  if (pipeline === undefined)
    return idle("PipelineNotFound", `There is no Pipeline ${pipelineName} in this namespace (spec.pipelineRef).`);
  const { declared, duplicates } = groupsOfPipeline(pipelineName, facts.siblings);
  const first = duplicates.get(group) ?? (isGenerated(group) ? declared.get(name) : undefined);
  if (first !== undefined) return idle("DuplicateGroup", duplicateText(name, first.metadata.name));
  const acceptance = acceptPipeline({
    pipeline,
    declared: [...declared.values()],
    source: facts.source,
    installation: facts.installation,
  });
  if (!isGroupOf(pipeline, facts.current, name) && !facts.hasDeployments)
    return idle("UnknownGroup", `The Pipeline ${pipelineName} has no group ${name}: no module names it.`);
  return serving(facts, acceptance);
}

function serving(facts: MemberFacts, acceptance: Acceptance): GroupRole {
  const { group, pipeline, current, installation } = facts;
  const name = group.spec.group ?? "";
  const manifest = manifestOf(pipeline);
  const settings = settleGroup(name, manifest, [groupManifestOf(group)]);
  const claim = gpuClaim(settings.resources, installation);
  const own: GroupRefusal | null =
    claim.kind === "refused" ? { reason: claim.reason, message: claim.message, isPipelines: false } : null;
  const aggregates = current?.revision.modules.filter(({ aggregate }) => aggregate) ?? [];
  return {
    kind: "serving",
    current: current?.templates[name] ?? null,
    settings,
    hasAggregate: aggregates.some((module) => current?.revision.groups[module.group]?.name === name),
    refusal: own ?? refusalOf(acceptance, group.metadata.name),
    gpuResource: claim.kind === "limit" ? claim.resource : null,
    hasOwnCredentials: facts.hasOwnCredentials,
  };
}

/** A problem whose place is in this Group is its own; every other one is the Pipeline's. */
function refusalOf(acceptance: Acceptance, name: string): GroupRefusal | null {
  if (acceptance.kind === "accepted") return null;
  const own = acceptance.problems.filter(({ path }) => path.startsWith(`Group/${name}`));
  const [first] = own;
  if (first !== undefined) return { reason: first.code, message: problemsText(own), isPipelines: false };
  return { reason: acceptance.reason, message: `The Pipeline is refused: ${acceptance.message}`, isPipelines: true };
}

function isGroupOf(pipeline: PipelineObject, current: StoredRevision | undefined, name: string): boolean {
  return groupNames(manifestOf(pipeline)).includes(name) || current?.templates[name] !== undefined;
}

function manifestOf(pipeline: PipelineObject | undefined): PipelineManifest {
  return {
    apiVersion: API_VERSION,
    kind: "Pipeline",
    metadata: { name: pipeline?.metadata.name ?? "" },
    spec: pipeline?.spec ?? { modules: [] },
  };
}

function duplicateText(group: string, first: string): string {
  return `Group ${first} settles the group ${group} already; this one is ignored. Delete one of the two.`;
}

function idle(reason: GroupRefusal["reason"], message: string): GroupRole {
  return { kind: "idle", refusal: { reason, message, isPipelines: false } };
}

export interface FreeFacts {
  readonly group: GroupObject;
  readonly namespace: string;
  readonly uid: string;
  readonly source: SourceFacts;
  readonly installation: Installation;
  readonly credentialsSecret: string | null;
  readonly hasOwnCredentials: boolean;
}

/** A Group of its own: a pool of actor hosts. A refused one keeps what it has. */
export function freeRole(facts: FreeFacts): GroupRole {
  const { group, installation } = facts;
  const claim = gpuClaim(group.spec.resources, installation);
  const refusal = freeRefusal(groupManifestOf(group), facts.source, claim);
  return {
    kind: "serving",
    current: refusal === null ? groupTemplate(freeTemplateFacts(facts), installation) : null,
    settings: group.spec,
    hasAggregate: false,
    refusal,
    gpuResource: claim.kind === "limit" ? claim.resource : null,
    hasOwnCredentials: facts.hasOwnCredentials,
  };
}

function freeRefusal(
  manifest: GroupManifest,
  { contentHash }: SourceFacts,
  claim: ReturnType<typeof gpuClaim>,
): GroupRefusal | null {
  const problems = validateGroup(manifest);
  const [first] = problems;
  if (first !== undefined) return { reason: first.code, message: problemsText(problems), isPipelines: false };
  if (claim.kind === "refused") return { reason: claim.reason, message: claim.message, isPipelines: false };
  // Without a source it takes the code that callers send.
  const configMap = manifest.spec.source?.configMap;
  if (configMap === undefined || contentHash !== null) return null;
  const message = `There is no ConfigMap ${configMap} in this namespace (spec.source.configMap).`;
  return { reason: "SourceNotFound", message, isPipelines: false };
}

function freeTemplateFacts({
  group,
  namespace,
  uid,
  source,
  credentialsSecret,
}: FreeFacts): Parameters<typeof groupTemplate>[0] {
  const { name } = group.metadata;
  return {
    namespace,
    pipeline: null,
    group: name,
    uid,
    settings: group.spec,
    source: {
      image: group.spec.source?.image ?? null,
      configMap:
        group.spec.source?.configMap === undefined || source.contentHash === null
          ? null
          : sourceCopyName(name, source.contentHash),
    },
    credentialsSecret,
  };
}
