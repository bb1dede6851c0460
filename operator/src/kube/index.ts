/**
 * A small controller runtime: what stands between the API server and a reconcile function. It knows of no kind but Kubernetes' own.
 *
 *   object.ts, resource.ts, builtin.ts   what objects are, how a kind is called, the kinds that Kubernetes brings
 *   connection.ts, client.ts             plain JSON over HTTPS; every write passes the gate
 *   informer.ts, reflector.ts, store.ts  a copy of all objects of a kind that follows the server
 *   controller.ts, work-queue.ts         keys, visited one at a time until they are settled
 *   leader-election.ts, lease.ts         a Lease says who writes; its gate says until when
 *   event-recorder.ts, event-book.ts     what `kubectl describe` shows
 *   observation.ts                       what all of them tell, for logs and metrics
 */
export {
  configMaps,
  controllerRevisions,
  deployments,
  events,
  leases,
  namespaces,
  networkPolicies,
  nodes,
  podDisruptionBudgets,
  pods,
  replicaSets,
  secrets,
  serviceAccounts,
  services,
  type ConfigMap,
  type ControllerRevision,
  type Deployment,
  type KubeEvent,
  type Lease,
  type Namespace,
  type NetworkPolicy,
  type Node,
  type Pod,
  type PodDisruptionBudget,
  type ReplicaSet,
  type Secret,
  type Service,
  type ServiceAccount,
} from "./builtin.ts";
export {
  KubeClient,
  type Applied,
  type ApplyOptions,
  type CallOptions,
  type DeleteOptions,
  type JsonPatchOperation,
  type ListOptions,
  type Patch,
  type PatchOptions,
  type Selection,
  type WatchOptions,
} from "./client.ts";
export { type WriteGate } from "./connection.ts";
export { Controller, TerminalError, type ControllerOptions, type Outcome } from "./controller.ts";
export { KubeError, NotLeadingError, isNotFound } from "./error.ts";
export { type EventFact, type EventSource } from "./event-book.ts";
export { startEventRecorder, type EventRecorder, type EventRecorderOptions } from "./event-recorder.ts";
export { startInformer, type Informer, type InformerOptions } from "./informer.ts";
export { runAsLeader, type ElectionOptions, type LeaderWork } from "./leader-election.ts";
export { type ObjectList } from "./object-list.ts";
export {
  keyFromText,
  keyOf,
  keyText,
  type KubeObject,
  type Metadata,
  type ObjectKey,
  type OwnerReference,
  type Stored,
  type Wire,
  type WireObject,
} from "./object.ts";
export { type Observation, type Observe } from "./observation.ts";
export { controllerOf, ownedBy, ownerKeys } from "./owner.ts";
export { resource, type Resource, type ResourceNames } from "./resource.ts";
export { type Change } from "./store.ts";
export { type WatchEvent } from "./watch-event.ts";
