/** What the chart grants to the operator, and what the API server's audit log says that it used; each as `group resource verb`, as a rule has it. */
import { at, listAt, type Manifest, type RenderedChart } from "../e2e/support/helm.ts";

/** Admission asks for it where owner references are protected; nothing is ever sent by that name. */
export const NEVER_SENT = ["troupe.dev pipelines/finalizers update", "troupe.dev groups/finalizers update"];

/**
 * What takes a longer life than the journey on a real node: revisions that nothing uses any more go; replicas that work are told from idle ones
 * before some go. The operator uses each of them on the control plane, where all that is granted has to be used.
 */
export const RARE = ["apps controllerrevisions delete", " configmaps delete", " pods patch"];

/** Accounts, roles and bindings of the operator. @param component as the chart's names have it, such as `operator` or `uninstall` */
export function accessOf(chart: RenderedChart, component: string): readonly Manifest[] {
  const kinds = ["ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"];
  const isOf = new RegExp(`-${component}(-own)?$`);
  return kinds.flatMap((kind) => chart.of(kind)).filter(({ metadata }) => isOf.test(metadata.name));
}

export function grantedBy(chart: RenderedChart, component = "operator"): readonly string[] {
  const rules = accessOf(chart, component).flatMap((role) => listAt(role, "rules"));
  const grants = rules.flatMap((rule) =>
    listAt(rule, "apiGroups").flatMap((group) =>
      listAt(rule, "resources").flatMap((resource) =>
        listAt(rule, "verbs").map((verb) => `${String(group)} ${String(resource)} ${String(verb)}`),
      ),
    ),
  );
  return [...new Set(grants)];
}

/** Of an audit event. A patch that makes what was not there needs create as well. */
export function usedBy(event: unknown): readonly string[] {
  const said = (path: string): string => {
    const value = at(event, path);
    return typeof value === "string" ? value : "";
  };
  const subresource = said("objectRef.subresource");
  const resource = said("objectRef.resource") + (subresource === "" ? "" : `/${subresource}`);
  const verbs = [said("verb")];
  if (verbs[0] === "patch" && at(event, "responseStatus.code") === 201) verbs.push("create");
  return verbs.map((verb) => `${said("objectRef.apiGroup")} ${resource} ${verb}`);
}
