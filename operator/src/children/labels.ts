/** Labels by which the operator finds what it made. No template may touch them. */
import type { GroupName } from "./names.ts";

export const MANAGED_BY = { "app.kubernetes.io/managed-by": "troupe" } as const;
export const MANAGED_SELECTOR = "app.kubernetes.io/managed-by=troupe";

export const PIPELINE_LABEL = "troupe.dev/pipeline";
export const GROUP_LABEL = "troupe.dev/group";
/** Which template of a group a Deployment and its pods are of. */
export const TEMPLATE_LABEL = "troupe.dev/template";

/** Of everything that belongs to a group, whatever its template. */
export function groupLabels({ pipeline, group }: GroupName): Record<string, string> {
  return { ...(pipeline === null ? {} : { [PIPELINE_LABEL]: pipeline }), [GROUP_LABEL]: group };
}

/** Selects the pods of a group, as `kubectl get -l` and the scale subresource have it. */
export function groupSelector(name: GroupName): string {
  const labels = name.pipeline === null ? { ...groupLabels(name), [PIPELINE_LABEL]: null } : groupLabels(name);
  return Object.entries(labels)
    .map(([label, value]) => (value === null ? `!${label}` : `${label}=${value}`))
    .join(",");
}
