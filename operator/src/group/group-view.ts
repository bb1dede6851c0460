/** Everything that a visit of a Group looks at, read at one moment. */
import type { ConditionReason, GroupSettings } from "@troupe/model";
import type { GroupLoad, GroupReport } from "@troupe/protocol";
import type { Owner } from "../children/child.ts";
import type { GroupName } from "../children/names.ts";
import type { GroupObject } from "../resources.ts";
import type { ObservedDeployment } from "./observed-deployment.ts";
import type { ObservedPod } from "./observed-pod.ts";
import type { GroupTemplate } from "./pod-template.ts";

export interface GroupView {
  readonly group: GroupObject;
  readonly owner: Owner;
  readonly name: GroupName & { readonly namespace: string };
  readonly role: GroupRole;
  /** Of the group, whoever owns them; the oldest first. */
  readonly deployments: readonly ObservedDeployment[];
  readonly pods: readonly ObservedPod[];
  /** As the server has it; undefined: there is none. */
  readonly disruptionBudget: unknown;
  readonly load: GroupLoadView;
  readonly nats: NatsState;
  readonly nowMs: number;
}

/** What the group is at this moment. */
export type GroupRole =
  /** It has pods: of a pipeline that knows it, or of its own. */
  | {
      readonly kind: "serving";
      /** What new jobs run on; null: the current revision has not got the group, or none was ever accepted. */
      readonly current: GroupTemplate | null;
      readonly settings: GroupSettings;
      /** An aggregate's items have to meet in one process. */
      readonly hasAggregate: boolean;
      /** Why the newest spec is not carried out; what ran before goes on. */
      readonly refusal: GroupRefusal | null;
      /** The extended resource that its pods claim; null: none. */
      readonly gpuResource: string | null;
      readonly hasOwnCredentials: boolean;
    }
  /** It has none: its pipeline is not there, has no such group, or another Group settles it. */
  | { readonly kind: "idle"; readonly refusal: GroupRefusal };

export interface GroupRefusal {
  readonly reason: ConditionReason<"Accepted">;
  readonly message: string;
  /** Whether it is the Pipeline that is refused, and this Group is in order. */
  readonly isPipelines: boolean;
}

export interface GroupLoadView {
  /** Null: not known, or older than 15 s. */
  readonly load: GroupLoad | null;
  readonly report: GroupReport | null;
  /** Jobs pinned to a template; null: not known. */
  readonly pinned: (hash: string) => number | null;
}

export type NatsState =
  | { readonly kind: "connected" }
  | { readonly kind: "unreachable"; readonly message: string }
  | { readonly kind: "jetstream-off"; readonly message: string };
