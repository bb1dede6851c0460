import { shortHash } from "../canonical-json.ts";
import { startConditions } from "../graph/start-conditions.ts";
import type { Json, JsonObject } from "../json.ts";
import type { GroupManifest, ModuleTypeFacts, PipelineManifest } from "../manifest.ts";
import type { Revision } from "../revision.ts";
import { compileGroup, declaredTemplateHash } from "./compile-group.ts";
import { compileModules } from "./compile-modules.ts";
import { compileJobPolicy } from "./job-policy.ts";
import { groupNames, settleGroup } from "./settle-group.ts";

export interface CompileOptions {
  readonly namespace: string;
  readonly groups?: readonly GroupManifest[];
  readonly types?: readonly ModuleTypeFacts[];
  /** Default: the manifest's own, else null. */
  readonly context?: Json;
  /** Default: the manifest's own, else `{}`. */
  readonly sharedParameters?: JsonObject;
  /** By name of the group. Default: a hash of the declared source and template. */
  readonly templateHashes?: Readonly<Record<string, string>>;
}

/** Compiles a manifest that {@link validateManifest} finds no problem in; anything else may throw. The same input gives the same id. */
export function compileRevision(manifest: PipelineManifest, options: CompileOptions): Revision {
  const { spec } = manifest;
  const names = groupNames(manifest);
  const { modules, order } = compileModules(spec.modules, names, options.types ?? []);
  const conditions = startConditions(modules, names.length);
  const groups = names.map((name, index) => {
    const settings = settleGroup(name, manifest, options.groups);
    const templateHash = options.templateHashes?.[name] ?? declaredTemplateHash(spec.source, settings);
    return compileGroup(
      name,
      settings,
      { modules: order[index] ?? [], startCondition: conditions[index] ?? [] },
      templateHash,
    );
  });
  const body: Omit<Revision, "id"> = {
    namespace: options.namespace,
    pipeline: manifest.metadata.name,
    modules,
    groups,
    jobs: compileJobPolicy(spec.jobs),
    sharedParameters: options.sharedParameters ?? spec.sharedParameters ?? {},
    context: options.context ?? spec.context ?? null,
  };
  return { id: `r${shortHash(body)}`, ...body };
}
