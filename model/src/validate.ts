import type { GroupManifest, ModuleTypeFacts } from "./manifest.ts";
import { groupPaths } from "./group-paths.ts";
import { placed, type Finding, type Locate, type Problem } from "./problem.ts";
import { checkAggregateReplicas } from "./rules/aggregate-replicas.ts";
import { checkClaims } from "./rules/claims.ts";
import { checkDependencies } from "./rules/dependencies.ts";
import { checkConnected } from "./rules/disjoint-graph.ts";
import type { Draft } from "./rules/draft.ts";
import { checkDuplicateModules } from "./rules/duplicate-module.ts";
import { checkExposedNames } from "./rules/expose-collision.ts";
import { checkGroupCycles } from "./rules/group-cycle.ts";
import { checkGroupNames } from "./rules/group-names.ts";
import { checkGroupResource, checkGroupResources } from "./rules/group-resources.ts";
import { checkInterfaces } from "./rules/interfaces.ts";
import { checkJobPolicy } from "./rules/job-policy.ts";
import { checkLimits } from "./rules/limits.ts";
import { checkLoneGroup, isGroupOf } from "./rules/lone-group.ts";
import { makeDraft } from "./rules/make-draft.ts";
import { checkMixedParents } from "./rules/mixed-parents.ts";
import { checkModuleCycles } from "./rules/module-cycle.ts";
import { checkModuleTypes } from "./rules/module-types.ts";
import { checkScaling } from "./rules/scaling.ts";
import { checkSource } from "./rules/source.ts";
import { checkTemplates } from "./rules/template.ts";
import { checkShape } from "./schema/check.ts";
import { GROUP_SCHEMA } from "./schema/group-schema.ts";
import { PIPELINE_SCHEMA } from "./schema/pipeline-schema.ts";

/** All rules beyond the form of single fields. The list is the specification. */
const RULES: readonly ((draft: Draft) => Finding[])[] = [
  checkLimits, //             NoModules, TooManyModules, TooManyGroups, TooManyDependencies, ParametersTooLarge
  checkDuplicateModules, //   DuplicateModule
  checkDependencies, //       UnknownDependency, SelfDependency, DuplicateDependency
  checkModuleCycles, //       ModuleCycle
  checkGroupCycles, //        GroupCycle
  checkConnected, //          DisjointGraph
  checkGroupNames, //         DuplicateGroup, EmptyGroup, UnknownGroup
  checkExposedNames, //       ExposeCollision
  checkAggregateReplicas, //  AggregateNotReplicable
  checkMixedParents, //       MixedParents
  checkScaling, //            ReplicasWithAutoscale
  checkClaims, //             InvalidQuantity
  checkTemplates, //          TemplateConflict
  checkJobPolicy, //          InvalidValue
  checkSource, //             MissingField
  checkModuleTypes, //        UnknownModuleType, AggregateMismatch
  checkInterfaces, //         InterfaceMismatch
];

export interface ValidateOptions {
  /** Group resources beside the Pipeline. */
  readonly groups?: readonly GroupManifest[];
  /** What is registered; absent: types are not checked. */
  readonly types?: readonly ModuleTypeFacts[];
  /** Files and folders that were searched for modules, for the message about an unknown type. */
  readonly lookedIn?: readonly string[];
  readonly locate?: Locate;
  readonly file?: string;
}

/** All that is wrong with a Pipeline manifest (any value: nothing is assumed of its shape), in the order of the text. */
export function validateManifest(manifest: unknown, options: ValidateOptions = {}): Problem[] {
  const groups = options.groups ?? [];
  const paths = groupPaths(groups);
  const draft = makeDraft(manifest, options);
  const findings = [
    ...checkShape(manifest, PIPELINE_SCHEMA, ""),
    ...groups.flatMap((group, index) => checkShape(group, GROUP_SCHEMA, paths[index] ?? "")),
    ...RULES.flatMap((rule) => rule(draft)),
    ...checkGroupResources(groups),
    ...groups.flatMap((group, index) => (isGroupOf(group, manifest) ? [] : checkLoneGroup(group, paths[index] ?? ""))),
  ];
  return inOrder(findings.map((finding) => placed(finding, options.locate, options.file)));
}

export interface ValidateGroupOptions extends Pick<ValidateOptions, "locate" | "file"> {
  /** Start of the paths of its problems. Default: none. */
  readonly path?: string;
}

/** All that is wrong with a Group by itself, as far as no Pipeline is needed to see it. */
export function validateGroup(group: unknown, options: ValidateGroupOptions = {}): Problem[] {
  const { path = "" } = options;
  const findings = [
    ...checkShape(group, GROUP_SCHEMA, path),
    ...checkGroupResource(group, path),
    ...checkLoneGroup(group, path),
  ];
  return inOrder(findings.map((finding) => placed(finding, options.locate, options.file)));
}

/** Sorts by place; what has no place, or the same, stays in the order of the rules. */
export function inOrder(problems: readonly Problem[]): Problem[] {
  return problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}
