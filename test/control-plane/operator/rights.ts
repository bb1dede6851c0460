/** The accounts that the chart makes, with the rights that it gives them: what helm renders, applied to the API server. */
import { rendered, type Manifest } from "../../e2e/support/helm.ts";
import {
  namespaces,
  resource,
  type KubeClient,
  type KubeObject,
  type Resource,
} from "../../../operator/src/kube/index.ts";
import { accessOf } from "../../support/grants.ts";

/** Of the release, as the installation guide names it. */
export const RELEASE = { name: "troupe", namespace: "troupe-system" };
/** Name of the operator's account, Lease and roles in it. */
export const OPERATOR = "troupe-operator";

const RBAC = "rbac.authorization.k8s.io/v1";

function accessKind(kind: string, namespaced: boolean, apiVersion = RBAC): Resource<KubeObject> {
  return resource<KubeObject>({ apiVersion, kind, plural: `${kind.toLowerCase()}s`, namespaced });
}

const KINDS = [
  accessKind("ServiceAccount", true, "v1"),
  accessKind("ClusterRole", false),
  accessKind("ClusterRoleBinding", false),
  accessKind("Role", true),
  accessKind("RoleBinding", true),
];

/**
 * Makes the account of a component of the chart, with its roles and the namespaces in which they are.
 *
 * @param values of the chart, as `--set-json` has them. @param component `operator` or `uninstall`
 * @returns a token of the account, for an hour
 */
export async function grantRights(
  client: KubeClient,
  values: Readonly<Record<string, unknown>> = {},
  component = "operator",
): Promise<string> {
  const manifests = accessOf(await rendered(values, RELEASE), component);
  for (const name of new Set([RELEASE.namespace, ...manifests.flatMap(({ metadata }) => metadata.namespace ?? [])]))
    await client.apply(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  for (const manifest of manifests) await applyAccess(client, manifest);
  return tokenOf(client, `${RELEASE.name}-${component}`);
}

/** Another account with the rights of the operator's: the audit log tells the two apart. @returns a token of it */
export async function grantSameRights(client: KubeClient, name: string): Promise<string> {
  const { namespace } = RELEASE;
  await applyAccess(client, { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace } });
  const subjects = [{ kind: "ServiceAccount", name, namespace }];
  const apiGroup = "rbac.authorization.k8s.io";
  await applyAccess(client, {
    apiVersion: RBAC,
    kind: "ClusterRoleBinding",
    metadata: { name },
    roleRef: { apiGroup, kind: "ClusterRole", name: `${namespace}-${OPERATOR}` },
    subjects,
  });
  await applyAccess(client, {
    apiVersion: RBAC,
    kind: "RoleBinding",
    metadata: { name, namespace },
    roleRef: { apiGroup, kind: "Role", name: `${OPERATOR}-own` },
    subjects,
  });
  return tokenOf(client, name);
}

async function applyAccess(client: KubeClient, manifest: Manifest & { readonly apiVersion?: unknown }): Promise<void> {
  const of = KINDS.find(({ kind }) => kind === manifest.kind);
  if (of === undefined) throw new Error(`${manifest.kind} gives nobody a right`);
  await client.apply(of, { ...manifest, apiVersion: of.apiVersion });
}

async function tokenOf(client: KubeClient, name: string): Promise<string> {
  const path = `/api/v1/namespaces/${RELEASE.namespace}/serviceaccounts/${name}/token`;
  const content = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { expirationSeconds: 3600 } };
  const answer = (await client.request("POST", path, {}, { content })) as { readonly status?: { token?: unknown } };
  const token = answer.status?.token;
  if (typeof token !== "string") throw new Error(`the API server gave no token for ${name}`);
  return token;
}
