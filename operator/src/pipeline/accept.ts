/** Whether a Pipeline can be carried out here. What the API server cannot see is refused now, with the validator's codes. */
import {
  API_VERSION,
  groupNames,
  settleGroup,
  validateManifest,
  type ConditionReason,
  type GroupManifest,
  type PipelineManifest,
  type Problem,
} from "@troupe/model";
import { gpuClaim } from "../group/gpu-claim.ts";
import type { Installation } from "../installation.ts";
import type { GroupObject, PipelineObject } from "../resources.ts";

export type Acceptance =
  | { readonly kind: "accepted"; readonly manifest: PipelineManifest; readonly groups: readonly GroupManifest[] }
  | Refusal;

export interface Refusal {
  readonly kind: "refused";
  readonly reason: ConditionReason<"Accepted">;
  readonly message: string;
  /** What is wrong, as far as it is wrong in the manifest; a Group finds its own here. */
  readonly problems: readonly Problem[];
}

/** A ConfigMap of modules that is there, by what it holds. */
export interface SourceFacts {
  /** Hash of its content; null: there is no such ConfigMap. */
  readonly contentHash: string | null;
}

export interface AcceptanceQuestion {
  readonly pipeline: PipelineObject;
  /** Declared Groups, one for each group at most. */
  readonly declared: readonly GroupObject[];
  readonly source: SourceFacts;
  readonly installation: Pick<Installation, "gpuResource" | "gpuSlices">;
}

/** More would not be read. */
const SHOWN_PROBLEMS = 5;

export function acceptPipeline({ pipeline, declared, source, installation }: AcceptanceQuestion): Acceptance {
  const manifest = manifestOf(pipeline);
  const groups = declared.map(groupManifestOf).filter(({ spec }) => isNamedIn(manifest, spec.group));
  const problems = validateManifest(manifest, { groups });
  const [first] = problems;
  if (first !== undefined) return { kind: "refused", reason: first.code, message: problemsText(problems), problems };
  return (
    sourceRefusal(manifest, source) ??
    claimRefusal(manifest, groups, installation) ?? { kind: "accepted", manifest, groups }
  );
}

/** The problems as one text: code, place, what is wrong, and the cure. */
export function problemsText(problems: readonly Problem[]): string {
  const texts = problems
    .slice(0, SHOWN_PROBLEMS)
    .map(({ code, path, message, hint }) => `${code}${path === "" ? "" : ` at ${path}`}: ${message} ${hint}`);
  const more = problems.length - texts.length;
  return [...texts, ...(more > 0 ? [`And ${more} more.`] : [])].join("\n");
}

/** What a user would have in a file: metadata of the server's is nobody's mistake. */
function manifestOf({ metadata, spec }: PipelineObject): PipelineManifest {
  return { apiVersion: API_VERSION, kind: "Pipeline", metadata: { name: metadata.name }, spec };
}

export function groupManifestOf({ metadata, spec }: GroupObject): GroupManifest {
  return { apiVersion: API_VERSION, kind: "Group", metadata: { name: metadata.name }, spec };
}

/** A Group of a group that the pipeline has not is that Group's mistake. */
function isNamedIn({ spec }: PipelineManifest, group: string | undefined): boolean {
  const listed = Array.isArray(spec.groups) ? spec.groups : [];
  return spec.modules.some((module) => module.group === group) || listed.some(({ name }) => name === group);
}

function sourceRefusal({ spec }: PipelineManifest, { contentHash }: SourceFacts): Refusal | null {
  const { configMap, image } = spec.source ?? {};
  if (configMap === undefined && image === undefined) {
    const message =
      "The Pipeline has no source, so a cluster cannot know where the code of its modules is. " +
      "Set spec.source.configMap (kubectl create configmap NAME --from-file=DIR makes one of a folder) or spec.source.image.";
    return { kind: "refused", reason: "SourceMissing", message, problems: [] };
  }
  if (configMap === undefined || contentHash !== null) return null;
  const message =
    `There is no ConfigMap ${configMap} in this namespace (spec.source.configMap). ` +
    `Make it of the folder of the modules: kubectl create configmap ${configMap} --from-file=DIR`;
  return { kind: "refused", reason: "SourceNotFound", message, problems: [] };
}

function claimRefusal(
  manifest: PipelineManifest,
  groups: readonly GroupManifest[],
  installation: Pick<Installation, "gpuResource" | "gpuSlices">,
): Refusal | null {
  for (const name of groupNames(manifest)) {
    const claim = gpuClaim(settleGroup(name, manifest, groups).resources, installation);
    if (claim.kind !== "refused") continue;
    return { kind: "refused", reason: claim.reason, message: `Group ${name}: ${claim.message}`, problems: [] };
  }
  return null;
}
