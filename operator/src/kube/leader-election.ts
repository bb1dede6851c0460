import { type KubeClient } from "./client.ts";
import { type WriteGate } from "./connection.ts";
import { type ObjectKey } from "./object.ts";
import { type Observe } from "./observation.ts";

export interface ElectionOptions {
  readonly client: KubeClient;
  /** The Lease; made when it is missing. */
  readonly lease: ObjectKey;
  /** Tells the candidates apart: name of the pod. Two processes must never share one. */
  readonly identity: string;
  /** Others wait so long after the last renewal that they saw. @default 15000 */
  readonly leaseMs?: number | undefined;
  /** The leader stops writing so long after its last renewal began. @default 10000 */
  readonly renewDeadlineMs?: number | undefined;
  /** @default 2000 */
  readonly retryMs?: number | undefined;
  readonly observe?: Observe | undefined;
}

/** Held by the leader; its gate is for `client.gatedBy`. `signal` is aborted when it is lost, or has to be given up. */
export type Leadership = WriteGate;
