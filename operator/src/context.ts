/** What every visit works with. */
import type { GroupCredentials } from "./credentials/index.ts";
import type { Informers } from "./informers.ts";
import type { Installation } from "./installation.ts";
import type { EventRecorder, KubeClient } from "./kube/index.ts";
import type { DurabilityProbe } from "./nats/durability-probe.ts";
import type { NatsView } from "./nats/nats-link.ts";
import type { Sweeper } from "./nats/sweeper.ts";

export interface Context {
  /** Writes only while this process leads. */
  readonly client: KubeClient;
  readonly informers: Informers;
  readonly events: EventRecorder;
  /** Here too. */
  readonly nats: NatsView;
  readonly durability: DurabilityProbe;
  readonly sweeper: Sweeper;
  readonly installation: Installation;
  readonly credentials: GroupCredentials;
  readonly clock: Clock;
}

export interface Clock {
  /** Unix milliseconds. */
  readonly nowMs: () => number;
  /** 32 bytes that nobody can guess. */
  readonly random: () => Uint8Array;
}
