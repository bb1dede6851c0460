/** What a builder has collected, and the manifest of it. */
import {
  API_VERSION,
  type GroupManifest,
  type GroupSpec,
  type ModuleSpec,
  type PipelineManifest,
  type PipelineSpec,
  type ResourcesSpec,
} from "@troupe/model";
import type { GroupOptions } from "./options.ts";

/** All that is declared of a pipeline, by a builder or a file. */
export interface Draft {
  readonly manifest: PipelineManifest;
  /** Group resources that stand beside it in a file. */
  readonly groups: readonly GroupManifest[];
  /** Files and folders of modules; null: those of the registered classes. */
  readonly moduleFiles: readonly string[] | null;
  /** Module files that the same file holds, by name; null: it holds none. */
  readonly configMap: Readonly<Record<string, string>> | null;
  /** Of a file: where it lies, for messages and for `modules/` beside it. */
  readonly file: string | null;
}

export function manifestOf(name: string, spec: PipelineSpec): PipelineManifest {
  return { apiVersion: API_VERSION, kind: "Pipeline", metadata: { name }, spec };
}

export function withModule(draft: Draft, module: ModuleSpec): Draft {
  return withSpec(draft, { modules: [...draft.manifest.spec.modules, module] });
}

export function withGroup(draft: Draft, group: GroupSpec): Draft {
  return withSpec(draft, { groups: [...(draft.manifest.spec.groups ?? []), group] });
}

function withSpec(draft: Draft, part: Partial<PipelineSpec>): Draft {
  const { manifest } = draft;
  return { ...draft, manifest: { ...manifest, spec: { ...manifest.spec, ...part } } };
}

/** Numbers with a fraction become texts: so a manifest says them (an unquoted 0.5 is no Kubernetes quantity). */
export function groupSpecOf({ cpu, memory, gpu, gpuResource, ...settings }: GroupOptions): GroupSpec {
  const resources: ResourcesSpec = {
    ...(cpu === undefined ? {} : { cpu: quantity(cpu) }),
    ...(memory === undefined ? {} : { memory }),
    ...(gpu === undefined ? {} : { gpu: quantity(gpu) }),
    ...(gpuResource === undefined ? {} : { gpuResource }),
  };
  return Object.keys(resources).length === 0 ? settings : { ...settings, resources };
}

function quantity(value: number | string): number | string {
  return typeof value === "string" || Number.isInteger(value) ? value : String(value);
}
