/** The kinds that Kubernetes brings and an operator commonly works with. */
import type {
  EventsV1Event,
  V1ConfigMap,
  V1ControllerRevision,
  V1Deployment,
  V1Lease,
  V1Namespace,
  V1NetworkPolicy,
  V1Node,
  V1Pod,
  V1PodDisruptionBudget,
  V1ReplicaSet,
  V1Secret,
  V1Service,
  V1ServiceAccount,
} from "@kubernetes/client-node";
import { type KubeObject, type WireObject } from "./object.ts";
import { resource, type Resource } from "./resource.ts";

export type ConfigMap = WireObject<V1ConfigMap>;
export type ControllerRevision = WireObject<V1ControllerRevision>;
export type Deployment = WireObject<V1Deployment>;
export type KubeEvent = WireObject<EventsV1Event>;
export type Lease = WireObject<V1Lease>;
export type Namespace = WireObject<V1Namespace>;
export type NetworkPolicy = WireObject<V1NetworkPolicy>;
export type Node = WireObject<V1Node>;
export type Pod = WireObject<V1Pod>;
export type PodDisruptionBudget = WireObject<V1PodDisruptionBudget>;
export type ReplicaSet = WireObject<V1ReplicaSet>;
export type Secret = WireObject<V1Secret>;
export type Service = WireObject<V1Service>;
export type ServiceAccount = WireObject<V1ServiceAccount>;

function inNamespace<T extends KubeObject>(apiVersion: string, kind: string, plural: string): Resource<T> {
  return resource<T>({ apiVersion, kind, plural, namespaced: true });
}

export const configMaps = inNamespace<ConfigMap>("v1", "ConfigMap", "configmaps");
export const controllerRevisions = inNamespace<ControllerRevision>(
  "apps/v1",
  "ControllerRevision",
  "controllerrevisions",
);
export const deployments = inNamespace<Deployment>("apps/v1", "Deployment", "deployments");
export const events = inNamespace<KubeEvent>("events.k8s.io/v1", "Event", "events");
export const leases = inNamespace<Lease>("coordination.k8s.io/v1", "Lease", "leases");
export const namespaces = resource<Namespace>({
  apiVersion: "v1",
  kind: "Namespace",
  plural: "namespaces",
  namespaced: false,
});
export const networkPolicies = inNamespace<NetworkPolicy>("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies");
export const nodes = resource<Node>({ apiVersion: "v1", kind: "Node", plural: "nodes", namespaced: false });
export const pods = inNamespace<Pod>("v1", "Pod", "pods");
export const podDisruptionBudgets = inNamespace<PodDisruptionBudget>(
  "policy/v1",
  "PodDisruptionBudget",
  "poddisruptionbudgets",
);
export const replicaSets = inNamespace<ReplicaSet>("apps/v1", "ReplicaSet", "replicasets");
export const secrets = inNamespace<Secret>("v1", "Secret", "secrets");
export const services = inNamespace<Service>("v1", "Service", "services");
export const serviceAccounts = inNamespace<ServiceAccount>("v1", "ServiceAccount", "serviceaccounts");
