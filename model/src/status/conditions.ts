/**
 * What the operator observes of a Pipeline or Group, in the form that `kubectl wait`, Flux and Argo CD read. Types and reasons
 * are an interface: they are never renamed, and each says in one line when it holds.
 */
import type { ProblemCode } from "../problem.ts";

export type ConditionType = keyof typeof CONDITION_TYPES;

/** Every condition and what it means when it is `True`. The first four are on every object from its first visit on. */
export const CONDITION_TYPES = {
  Accepted: "The spec is valid and can be carried out on this installation.",
  Ready: "Jobs that come are worked on (of a free-standing Group: actors that are asked for).",
  Progressing: "The operator is on its way from what runs to what is declared, and nobody has to do anything.",
  Stalled: "Nothing goes on until somebody does what the message says.",
  Durable: "NATS keeps what it has acknowledged, also when its machines lose power.",
  NatsIsolated: "The pods of the group have NATS credentials of their own, good for the subjects of this group alone.",
} as const;

/** Reasons by condition, each with when it holds. `Accepted` is also `False` with every code of a problem that the validator finds. */
export const CONDITION_REASONS = {
  Accepted: {
    Valid: "True: nothing is wrong.",
    PipelineNotFound: "False: the Pipeline that the Group refers to does not exist (yet).",
    SourceNotFound: "False: the ConfigMap that holds the modules does not exist (yet).",
    SourceMissing: "False: no source is named, so a cluster cannot know where the module code is.",
    FractionalGpuNotConfigured:
      "False: a fraction of a GPU is claimed, and the installation does not say how to share one.",
    FractionalGpuNotOffered: "False: GPUs are shared, but not in slices of the fraction that is claimed.",
  },
  Ready: {
    AllGroupsReady: "True: every group of the pipeline has a replica that is ready.",
    ReplicasReady: "True: as many replicas as wanted are ready.",
    ScaledToZero: "True: the group is idle and autoscale has given up its replicas; a job brings them back.",
    Suspended: "True: new jobs are refused while `suspend` is set; open ones go on to their end.",
    NotAccepted: "False: the spec is refused; see the condition Accepted.",
    GroupsNotReady: "False: a group is not ready; the message names it, and the cause.",
    Starting: "False: pods are starting and modules are being loaded.",
    NoReplicas: "False: the group is scaled to zero, and nothing scales it up again.",
    Unschedulable: "False: no node has room for a pod.",
    InsufficientGpu: "False: no node has the GPU that a pod claims.",
    ImageNotPulled: "False: an image cannot be pulled.",
    PodsRefused: "False: the cluster refuses the pods (a quota, a policy, a field of `template`).",
    ModuleNotLoaded: "False: a module cannot be loaded, or its `bootstrap` throws.",
    OutOfMemory: "False: a replica was ended for lack of memory.",
    Crashing: "False: a replica ends again and again.",
    NodeNotReady: "False: the node of a replica does not answer.",
    NatsUnreachable: "False: NATS cannot be reached.",
    JetStreamDisabled: "False: NATS can be reached, but JetStream is switched off.",
    CoordinatorUnavailable: "False: no coordinator owns the pipeline.",
    JournalLost: "False: the journal is shorter than what is known of it; see the condition Stalled.",
    NoStorage: "False: NATS has no storage left to set aside for the pipeline's streams.",
    CoordinatorFailing: "False: the coordinator cannot begin to work on the pipeline; the message says why.",
  },
  Progressing: {
    UpToDate: "False: what runs is what is declared.",
    Starting: "True: the first replicas are on their way.",
    RollingOut: "True: replicas are being replaced by those of a new revision.",
    DrainingRevision:
      "True: old replicas are kept for the jobs that are pinned to an old revision; the message says how many.",
    Scaling: "True: replicas are being added or taken away.",
    NotAccepted: "False: the spec is refused, so what ran before goes on running.",
    Waiting: "False: something outside of the operator's reach has to happen first; the message says what.",
  },
  Stalled: {
    NotStalled: "False: nothing waits for a person.",
    NotAccepted: "True: the spec is refused; see the condition Accepted.",
    JournalLost: "True: the journal in NATS is shorter than what is known of it, or damaged.",
    NoStorage: "True: NATS has no storage left to set aside for the pipeline's streams.",
    CoordinatorFailing: "True: the coordinator cannot begin to work on the pipeline; the message says why.",
    ImageNotPulled: "True: an image cannot be pulled.",
    PodsRefused: "True: the cluster refuses the pods.",
    ModuleNotLoaded: "True: a module cannot be loaded, or its `bootstrap` throws.",
    OutOfMemory: "True: replicas are ended for lack of memory again and again.",
    Crashing: "True: replicas end again and again.",
    JetStreamDisabled: "True: JetStream is switched off.",
    RolloutStuck: "True: a roll-out has not moved for ten minutes.",
  },
  Durable: {
    Synced: "True: every append is synced to disk before it is acknowledged, or three servers have it.",
    NotSynced: "False: an append is acknowledged before it is on any disk, and one server alone has it.",
    NotPersistent: "False: the store is not on a volume, so it goes with the pod of NATS.",
    JetStreamDisabled: "False: JetStream is switched off, so nothing is kept.",
    NotProven: "Unknown: an external NATS shows neither.",
  },
  NatsIsolated: {
    OwnCredentials: "True: the group has a user of its own.",
    SharedCredentials: "False: all groups share the one credential that the installation was given.",
  },
} as const satisfies Record<ConditionType, Readonly<Record<string, string>>>;

/** A reason that a condition of the type may give. Each may also be `Reconciling` (Unknown: not looked at yet). */
export type ConditionReason<Type extends ConditionType = ConditionType> =
  | "Reconciling"
  | (Type extends "Accepted" ? ProblemCode : never)
  | { [T in Type]: keyof (typeof CONDITION_REASONS)[T] }[Type];

export type ConditionStatus = "True" | "False" | "Unknown";

/** A condition as it stands in `status.conditions`, a list-map by `type`. */
export interface Condition<Type extends ConditionType = ConditionType> {
  readonly type: Type;
  readonly status: ConditionStatus;
  readonly reason: ConditionReason<Type>;
  /** For people: what is the case, and what to do about it. May be empty. */
  readonly message: string;
  /** The generation of the spec that it was observed of. */
  readonly observedGeneration: number;
  /** RFC 3339, in whole seconds. When `status` changed last; a new reason or message leaves it. */
  readonly lastTransitionTime: string;
}
