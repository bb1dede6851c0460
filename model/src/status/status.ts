/** What the operator writes below `status`, of both resources. Counts are as old as the last write (at most 15 s). */
import type { Condition, ConditionReason } from "./conditions.ts";

export interface PipelineStatus {
  /** The generation of the spec that the last visit looked at. */
  readonly observedGeneration: number;
  readonly conditions: readonly Condition[];
  /** The revision that new jobs get, as in `r0123456789ab`. Absent until a spec was accepted. */
  readonly revision?: string;
  /** Revisions that jobs in flight are still pinned to, the newest first; without `revision`. */
  readonly drainingRevisions?: readonly DrainingRevision[];
  readonly jobs?: JobCounts;
  /** Groups that are ready and groups in all, as in `2/3`; kubectl cannot join two columns. */
  readonly groupsReady?: string;
  /** The message of the condition that says most: of Stalled, Accepted or Ready when something is wrong, else of Progressing. */
  readonly message?: string;
  /** One entry a group, in the order in which modules name them. A list-map by `name`. */
  readonly groups?: readonly GroupSummary[];
}

export interface DrainingRevision {
  readonly revision: string;
  /** Jobs that are pinned to it. */
  readonly jobs: number;
}

export interface JobCounts {
  /** Accepted, with no block that runs. */
  readonly queued: number;
  /** With a block that runs. */
  readonly running: number;
  /** Ended with a result, since the Pipeline was made. */
  readonly done: number;
  /** Ended without one, cancelled jobs included, since the Pipeline was made. */
  readonly failed: number;
}

export interface GroupSummary {
  readonly name: string;
  /** Name of the Group resource that settles it. */
  readonly resource?: string;
  readonly ready: boolean;
  /** Replicas that exist. */
  readonly replicas: number;
  readonly readyReplicas: number;
  /** What the group waits for; absent when it waits for nothing. */
  readonly waiting?: WaitingCause;
}

/** The cause when something waits, in the words of the condition Ready. */
export interface WaitingCause {
  readonly reason: ConditionReason<"Accepted" | "Ready">;
  readonly message: string;
}

export interface GroupStatus {
  readonly observedGeneration: number;
  readonly conditions: readonly Condition[];
  /** Pods of the group that exist; what the scale subresource reads. */
  readonly replicas: number;
  readonly readyReplicas: number;
  /** Replicas as they are wanted now, by whoever owns the number. */
  readonly desiredReplicas?: number;
  /** Ready and wanted replicas, as in `1/2`; kubectl cannot join two columns. */
  readonly replicasReady?: string;
  /** Label selector of the pods, as text; what HPA and KEDA read by the scale subresource. */
  readonly selector: string;
  /** GPUs that one replica claims in the end, as in `1` or `0.5`; absent: none. */
  readonly gpu?: string;
  /** Blocks (of a free-standing Group: actors) that wait for a replica. */
  readonly queued?: number;
  /** Blocks that run (of a free-standing Group: actors that live). */
  readonly running?: number;
  /** Hash of the template that new jobs run on. */
  readonly templateHash?: string;
  /** Templates that are kept for jobs pinned to them. */
  readonly drainingTemplates?: readonly DrainingTemplate[];
  readonly waiting?: WaitingCause;
  /** The message of the condition that says most. */
  readonly message?: string;
}

export interface DrainingTemplate {
  readonly templateHash: string;
  /** Jobs that are pinned to it. */
  readonly jobs: number;
}
