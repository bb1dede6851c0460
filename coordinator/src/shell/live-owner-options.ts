/** What a living owner of a pipeline is given. */
import type { BlobFolder, Bus, Scope } from "@troupe/protocol";
import type { OwnerSettings } from "../core/owner.ts";
import type { Loss } from "./coordination.ts";
import type { Election } from "./election.ts";
import type { Log } from "./log.ts";
import type { PayloadTotal } from "./payload-total.ts";
import type { Replayed } from "./replay.ts";
import type { Guidance } from "./revision-reader.ts";
import type { RollCall } from "./roll-call.ts";
import type { SnapshotSettings } from "./snapshots.ts";
import type { StreamSizes } from "./stream-sizes.ts";

/** What a deployment may want otherwise. Everything has a default. */
export interface OwnerTuning extends Partial<OwnerSettings> {
  readonly snapshots?: Partial<SnapshotSettings>;
  /** How often the streams are asked for their size. Default 1,000. */
  readonly roomCheckMs?: number;
  /** How often stored payloads that belong to no job are looked for. Default 30 minutes. */
  readonly sweepMs?: number;
  /** Whether streams that fill up are enlarged. Default true. */
  readonly canGrow?: boolean;
}

export interface LiveOwnerOptions {
  readonly bus: Bus;
  readonly scope: Scope;
  readonly id: string;
  readonly election: Election;
  readonly replayed: Replayed;
  /** The one of this ownership (E8). */
  readonly epoch: number;
  readonly log: Log;
  /** What its streams may grow to. */
  readonly streams: StreamSizes;
  readonly tuning?: OwnerTuning | undefined;
  /** Where payloads lie that pass between replicas of this machine; undefined: in the stream. */
  readonly payloads?: BlobFolder | undefined;
  /** What is held by all pipelines of this process; undefined: it owns no other. */
  readonly payloadTotal?: PayloadTotal | undefined;
  /** What replicas say, and which of them were heard while standing by. */
  readonly rollCall: RollCall;
  /** Looks again for the revision that new jobs get. */
  readonly findRevision: () => Promise<Guidance>;
  /** Called once when the ownership is over without having been asked for. */
  readonly onLost: (why: Loss) => void;
}
