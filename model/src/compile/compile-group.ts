import { shortHash } from "../canonical-json.ts";
import type { GroupSettings, ResourcesSpec, SourceSpec } from "../manifest.ts";
import { parseQuantity } from "../quantity.ts";
import type { CompiledGroup, CompiledResources } from "../revision.ts";
import { milliseconds, optionalMilliseconds } from "./milliseconds.ts";

export const DEFAULT_GRACE_SECONDS = 5;

export function compileGroup(
  name: string,
  settings: GroupSettings,
  graph: Pick<CompiledGroup, "modules" | "startCondition">,
  templateHash: string,
): CompiledGroup {
  return {
    name,
    replicas: settings.replicas ?? null,
    concurrency: settings.concurrency ?? 1,
    resources: compileResources(settings.resources),
    modules: graph.modules,
    startCondition: graph.startCondition,
    timeoutMs: optionalMilliseconds(settings.timeoutSeconds),
    graceMs: milliseconds(settings.graceSeconds ?? DEFAULT_GRACE_SECONDS),
    templateHash,
  };
}

/** What stands for image, source and pod template where nobody resolves them: their declarations. */
export function declaredTemplateHash(source: SourceSpec | undefined, settings: GroupSettings): string {
  return shortHash({ source: source ?? null, template: settings.template ?? null });
}

export function compileResources(resources: ResourcesSpec = {}): CompiledResources {
  return {
    cpu: amount(resources.cpu),
    memory: amount(resources.memory),
    gpu: amount(resources.gpu) ?? 0,
  };
}

function amount(quantity: number | string | null | undefined): number | null {
  if (quantity === undefined || quantity === null) return null;
  const parsed = parseQuantity(quantity);
  if (parsed === null)
    throw new Error(`${String(quantity)} is no quantity: validate the manifest before compiling it.`);
  return parsed;
}
