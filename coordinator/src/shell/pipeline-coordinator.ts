/** One coordinator's part in one pipeline: a standby that folds the journal live, and owns the pipeline while it holds the lease. */
import type { BlobFolder, Bus, Scope } from "@troupe/protocol";
import { nextEpoch } from "../core/epoch.ts";
import type { JournalState } from "../core/state.ts";
import type { Placement } from "../placement/placement.ts";
import { Coordination } from "./coordination.ts";
import { LiveOwner, type OwnerFigures } from "./live-owner.ts";
import type { OwnerTuning } from "./live-owner-options.ts";
import type { Log } from "./log.ts";
import type { PayloadTotal } from "./payload-total.ts";
import { catchUp, replay } from "./replay.ts";
import { RevisionReader, type Guidance } from "./revision-reader.ts";
import { RollCall } from "./roll-call.ts";
import { DEFAULT_STREAM_BYTES, streamSizes, type StreamSizes } from "./stream-sizes.ts";

export interface PipelineCoordinatorOptions {
  readonly bus: Bus;
  readonly scope: Scope;
  readonly id: string;
  readonly log: Log;
  readonly tuning?: OwnerTuning;
  readonly placement?: Placement;
  /** Default: 6.5 GiB in all. */
  readonly streams?: StreamSizes;
  /** On how many servers they are kept. @default 1 */
  readonly streamReplicas?: number;
  /** Where payloads lie that pass between replicas of this machine; undefined: in the stream. */
  readonly payloads?: BlobFolder | undefined;
  /** What is held by all pipelines of this process; undefined: it owns no other. */
  readonly payloadTotal?: PayloadTotal | undefined;
}

export class PipelineCoordinator implements AsyncDisposable {
  readonly scope: Scope;
  readonly #revisions: RevisionReader;
  readonly #rollCall: RollCall;
  readonly #coordination: Coordination<JournalState, LiveOwner>;

  constructor(options: PipelineCoordinatorOptions) {
    const { bus, scope, id, log, placement, streams = streamSizes(DEFAULT_STREAM_BYTES), streamReplicas = 1 } = options;
    this.scope = scope;
    this.#rollCall = new RollCall(bus, scope, log);
    this.#revisions = new RevisionReader(bus, scope);
    this.#coordination = new Coordination<JournalState, LiveOwner>({
      bus,
      scope,
      id,
      log,
      placement,
      streams,
      streamReplicas,
      part: {
        of: "pipeline",
        replay: async (known) => replay(bus, scope, known),
        catchUp: async (replayed) => catchUp(bus, scope, replayed),
        prepare: async () => {
          await this.#revisions.refresh();
        },
        own: (replayed, election, onLost) => {
          const findRevision = async (): Promise<Guidance> => this.#revisions.refresh();
          const rollCall = this.#rollCall;
          const epoch = nextEpoch(replayed.state.epoch, Date.now());
          const live = new LiveOwner({
            ...options,
            streams,
            election,
            replayed,
            epoch,
            rollCall,
            findRevision,
            onLost,
          });
          live.heed(this.#revisions.guidance);
          log.info("owns the pipeline", {
            pipeline: scope.pipeline,
            epoch,
            openJobs: replayed.state.openJobs,
          });
          return live;
        },
        keep: async (live) => {
          live.heed(await this.#revisions.refresh());
        },
      },
    });
  }

  get phase(): Coordination<JournalState, LiveOwner>["phase"] {
    return this.#coordination.phase;
  }

  /** What the owner of the pipeline counts; undefined: this coordinator does not own it. */
  get figures(): OwnerFigures | undefined {
    return this.#coordination.live?.figures;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#rollCall[Symbol.dispose]();
    this.#revisions[Symbol.dispose]();
    await this.#coordination[Symbol.asyncDispose]();
  }
}
