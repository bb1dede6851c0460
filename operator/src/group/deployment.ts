import type { Child, Owner } from "../children/child.ts";
import { ownerReference, signed } from "../children/child.ts";
import { groupLabels, MANAGED_BY, TEMPLATE_LABEL } from "../children/labels.ts";
import { deploymentName, type GroupName } from "../children/names.ts";
import type { GroupTemplate } from "./pod-template.ts";

/** Since when a template is no longer the one that new jobs get, in Unix milliseconds: the drain timeout counts from here. */
export const SUPERSEDED_ANNOTATION = "troupe.dev/superseded-at";

export interface DeploymentWish {
  readonly name: GroupName & { readonly namespace: string };
  readonly owner: Owner;
  readonly template: GroupTemplate;
  readonly replicas: number;
}

/** One template of a group. It never changes but in its number of replicas: another template is another Deployment. */
export function desiredDeployment({ name, owner, template, replicas }: DeploymentWish): Child {
  const { hash } = template;
  const labels = { ...groupLabels(name), [TEMPLATE_LABEL]: hash };
  return signed({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: {
      name: deploymentName(name, hash),
      namespace: name.namespace,
      labels: { ...MANAGED_BY, ...labels },
      // Empty: one that was old, and is current again, is old no longer.
      annotations: { [SUPERSEDED_ANNOTATION]: "" },
      ownerReferences: [ownerReference(owner)],
    },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      // Nothing rolls within a Deployment; pods that somebody edited are replaced without a gap.
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      revisionHistoryLimit: 1,
      template: template.template,
    },
  });
}
