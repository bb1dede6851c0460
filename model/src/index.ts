export { canonicalJson, isJson, isPlainObject, shortHash } from "./canonical-json.ts";
export { compileResources } from "./compile/compile-group.ts";
export { compileRevision, type CompileOptions } from "./compile/compile-revision.ts";
export { groupNames, settleGroup } from "./compile/settle-group.ts";
export { toDnsLabel } from "./dns-label.ts";
export { findCycles } from "./graph/cycles.ts";
export { exposedModules } from "./graph/exposed-modules.ts";
export { islands } from "./graph/islands.ts";
export { phasesOf } from "./graph/phases.ts";
export { runsInProcessPhase, runsInRunPhase, startConditions, type PlacedModule } from "./graph/start-conditions.ts";
export { childrenOf, topologicalOrder, type Parents } from "./graph/topological-order.ts";
export type { Json, JsonObject } from "./json.ts";
export {
  MAX_DEPENDENCIES,
  MAX_GROUPS,
  MAX_MODULES,
  MAX_MODULE_NAME_LENGTH,
  MAX_NAME_LENGTH,
  MAX_PARAMETERS_BYTES,
  MAX_QUANTITY_LENGTH,
  MAX_RESOURCE_NAME_LENGTH,
} from "./limits.ts";
export {
  API_VERSION,
  type AutoscaleSpec,
  type ConfigMapManifest,
  type GroupManifest,
  type GroupManifestSpec,
  type GroupSettings,
  type GroupSpec,
  type JobsSpec,
  type ModuleSpec,
  type ModuleTypeFacts,
  type ObjectMeta,
  type PipelineManifest,
  type PipelineSpec,
  type Quantity,
  type ResourcesSpec,
  type SourceSpec,
} from "./manifest.ts";
export { didYouMean, nearest } from "./nearest.ts";
export { problemText } from "./problem-text.ts";
export { PROBLEM_CODES, type Locate, type Place, type Problem, type ProblemCode } from "./problem.ts";
export { parseQuantity, QUANTITY_PATTERN } from "./quantity.ts";
export { ONLY_GROUP } from "./read/magda-modules.ts";
export { checkGroupsFile, type CheckedGroups } from "./read/read-groups.ts";
export { readPipeline, type ReadOptions, type ReadPipeline, type RefusedPipeline } from "./read/read-pipeline.ts";
export { MAIN_CONTAINER, RESERVED_ENV_PREFIX, RESERVED_LABEL_PREFIX, RESERVED_VOLUME_PREFIX } from "./reserved.ts";
export type { CompiledGroup, CompiledModule, CompiledResources, JobPolicy, ModulePhase, Revision } from "./revision.ts";
export { DNS_LABEL_PATTERN, MODULE_NAME_PATTERN } from "./schema/check-name.ts";
export { GROUP_SCHEMA } from "./schema/group-schema.ts";
export { manifestJsonSchema } from "./schema/json-schema.ts";
export { PIPELINE_SCHEMA } from "./schema/pipeline-schema.ts";
export type { ListSchema, NumberSchema, ObjectSchema, Schema, TextSchema } from "./schema/schema.ts";
export {
  CONDITION_REASONS,
  CONDITION_TYPES,
  type Condition,
  type ConditionReason,
  type ConditionStatus,
  type ConditionType,
} from "./status/conditions.ts";
export type {
  DrainingRevision,
  DrainingTemplate,
  GroupStatus,
  GroupSummary,
  JobCounts,
  PipelineStatus,
  WaitingCause,
} from "./status/status.ts";
export { configMapYaml, dumpYaml, toYaml } from "./to-yaml.ts";
export { validateGroup, validateManifest, type ValidateGroupOptions, type ValidateOptions } from "./validate.ts";
export {
  graphOf,
  isInPhase,
  modulesInPhase,
  parentsInPhase,
  startCondition,
  type Graph,
  type JobPhase,
} from "./phases.ts";
