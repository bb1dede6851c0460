/** What a Group is: with pods or without, of a pipeline or of its own. */
import {
  API_VERSION,
  didYouMean,
  groupNames,
  settleGroup,
  validateGroup,
  type GroupManifest,
  type PipelineManifest,
  type Problem,
} from "@troupe/model";
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
  if (pipeline === undefined) return orphanRole(group);
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
    return idle("UnknownGroup", unknownText(name, pipeline));
  return serving(facts, acceptance);
}

/** What is wrong with it whether its Pipeline comes or not is said first. */
function orphanRole(group: GroupObject): GroupRole {
  const own = problemsRefusal(validateGroup(groupManifestOf(group)));
  if (own !== null) return { kind: "idle", refusal: own };
  const name = group.spec.pipelineRef?.name ?? "";
  const message = `There is no Pipeline ${name} in this namespace (spec.pipelineRef). Apply it, or name another.`;
  return idle("PipelineNotFound", message);
}

function serving(facts: MemberFacts, acceptance: Acceptance): GroupRole {
  const { group, pipeline, current, installation } = facts;
  const name = group.spec.group ?? "";
  const manifest = manifestOf(pipeline);
  const settings = settleGroup(name, manifest, [groupManifestOf(group)]);
  const claim = gpuClaim(settings.resources, installation);
  const claimRefusal: GroupRefusal | null =
    claim.kind === "refused" ? { reason: claim.reason, message: claim.message, isPipelines: false } : null;
  const aggregates = current?.revision.modules.filter(({ aggregate }) => aggregate) ?? [];
  return {
    kind: "serving",
    current: current?.templates[name] ?? null,
    settings,
    hasAggregate: aggregates.some((module) => current?.revision.groups[module.group]?.name === name),
    refusal: ownRefusal(acceptance, group.metadata.name) ?? claimRefusal ?? pipelinesRefusal(acceptance),
    gpuResource: claim.kind === "limit" ? claim.resource : null,
    hasOwnCredentials: facts.hasOwnCredentials,
  };
}

/** A problem whose place is in this Group is its own; every other one is the Pipeline's. */
function ownRefusal(acceptance: Acceptance, name: string): GroupRefusal | null {
  if (acceptance.kind === "accepted") return null;
  // Not by the start alone: another Group's name may begin with this one's.
  const place = new RegExp(`^Group/${name}(?![\\w-])`);
  return problemsRefusal(acceptance.problems.filter(({ path }) => place.test(path)));
}

function pipelinesRefusal(acceptance: Acceptance): GroupRefusal | null {
  if (acceptance.kind === "accepted") return null;
  return { reason: acceptance.reason, message: `The Pipeline is refused: ${acceptance.message}`, isPipelines: true };
}

/** A Group's own problems under the code of the first; null: there are none. */
function problemsRefusal(problems: readonly Problem[]): GroupRefusal | null {
  const [first] = problems;
  return first === undefined ? null : { reason: first.code, message: problemsText(problems), isPipelines: false };
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

function unknownText(group: string, pipeline: PipelineObject): string {
  const names = groupNames(manifestOf(pipeline));
  const cure = `${didYouMean(group, names)}Its groups are: ${names.join(", ")}.`;
  return `The Pipeline ${pipeline.metadata.name} has no group ${group} (spec.group): no module names it. ${cure}`;
}

function duplicateText(group: string, first: string): string {
  return `Group ${first} settles the group ${group} (spec.group) already; this one is ignored. Delete one of the two.`;
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
  const own = problemsRefusal(validateGroup(manifest));
  if (own !== null) return own;
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
