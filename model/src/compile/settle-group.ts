import type { GroupManifest, GroupSettings, GroupSpec, PipelineManifest } from "../manifest.ts";

/** The settings of a group: a Group resource wins over `spec.groups` field by field, in resource claims claim by claim. */
export function settleGroup(
  name: string,
  manifest: PipelineManifest,
  resources: readonly GroupManifest[] = [],
): GroupSettings {
  const listed = (manifest.spec.groups ?? []).find((group) => group.name === name);
  const resource = resources.find(
    ({ spec }) => spec.group === name && spec.pipelineRef?.name === manifest.metadata.name,
  );
  const inner = settingsOf(listed);
  const outer = settingsOf(resource?.spec);
  const claims = { ...inner.resources, ...outer.resources };
  return { ...inner, ...outer, ...(Object.keys(claims).length === 0 ? {} : { resources: claims }) };
}

/** Names of all groups of a pipeline, in the order in which modules name them. */
export function groupNames(manifest: PipelineManifest): string[] {
  const { groups = [], modules } = manifest.spec;
  return [...new Set([...modules.map(({ group }) => group), ...groups.map(({ name }) => name)])];
}

function settingsOf(source: GroupSettings | GroupSpec | undefined): GroupSettings {
  if (source === undefined) return {};
  const { replicas, concurrency, resources, timeoutSeconds, graceSeconds, drainTimeoutSeconds, autoscale, template } =
    source;
  const all = {
    replicas,
    concurrency,
    resources,
    timeoutSeconds,
    graceSeconds,
    drainTimeoutSeconds,
    autoscale,
    template,
  };
  return withoutAbsent(all);
}

/** Leaves out absent fields, and empty ones, which the API server drops too. */
function withoutAbsent<T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined && value !== null);
  return Object.fromEntries(entries) as { [K in keyof T]?: NonNullable<T[K]> };
}
