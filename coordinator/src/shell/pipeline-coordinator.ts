/** One coordinator's part in one pipeline: a standby that folds the journal live, and owns the pipeline while it holds the lease. */
import { graphOf, type Graph, type Revision } from "@troupe/model";
import { readCurrentRevision, readRevision, type Bus, type Scope } from "@troupe/protocol";
import type { JournalState } from "../core/state.ts";
import type { Placement } from "../placement/placement.ts";
import { Coordination } from "./coordination.ts";
import { LiveOwner } from "./live-owner.ts";
import type { OwnerTuning } from "./live-owner-options.ts";
import type { Log } from "./log.ts";
import { catchUp, replay } from "./replay.ts";
import { RollCall } from "./roll-call.ts";
import { DEFAULT_STREAM_BYTES, streamSizes, type StreamSizes } from "./stream-sizes.ts";

const REVISION_MS = 2_000;

export interface PipelineCoordinatorOptions {
  readonly bus: Bus;
  readonly scope: Scope;
  readonly id: string;
  readonly log: Log;
  readonly tuning?: OwnerTuning;
  readonly placement?: Placement;
  /** Default: 6.5 GiB in all. */
  readonly streams?: StreamSizes;
}

export class PipelineCoordinator implements AsyncDisposable {
  readonly #options: PipelineCoordinatorOptions;
  readonly #rollCall: RollCall;
  readonly #coordination: Coordination<JournalState, LiveOwner>;
  #graph: Graph | undefined;
  #revisionReadAt = -Infinity;

  constructor(options: PipelineCoordinatorOptions) {
    this.#options = options;
    const { bus, scope, id, log, placement, streams = streamSizes(DEFAULT_STREAM_BYTES) } = options;
    this.#rollCall = new RollCall(bus, scope);
    this.#coordination = new Coordination<JournalState, LiveOwner>({
      bus,
      scope,
      id,
      log,
      placement,
      streams,
      part: {
        replay: async (known) => replay(bus, scope, known),
        catchUp: async (replayed) => catchUp(bus, scope, replayed),
        prepare: async () => this.#refreshRevision(),
        own: (replayed, election, onLost) => {
          const findRevision = async (): Promise<Graph | undefined> => this.#findRevision();
          const { present } = this.#rollCall;
          const live = new LiveOwner({ ...options, streams, election, replayed, present, findRevision, onLost });
          live.setCurrent(this.#graph);
          log.info("owns the pipeline", {
            pipeline: scope.pipeline,
            epoch: replayed.state.epoch + 1,
            openJobs: replayed.state.openJobs,
          });
          return live;
        },
        keep: async (live) => {
          await this.#refreshRevision();
          live.setCurrent(this.#graph);
        },
      },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#rollCall[Symbol.dispose]();
    await this.#coordination[Symbol.asyncDispose]();
  }

  /** The revision that new jobs get. Looked up often while there is none, and now and then afterwards. */
  async #refreshRevision(): Promise<void> {
    const { bus, scope } = this.#options;
    const now = performance.now();
    if (this.#graph !== undefined && now - this.#revisionReadAt < REVISION_MS) return;
    this.#revisionReadAt = now;
    const id = await readCurrentRevision(bus, scope);
    if (id === null || id === this.#graph?.id) return;
    const revision = await readRevision(bus, scope, id);
    if (isRevision(revision)) this.#graph = graphOf(revision);
  }

  async #findRevision(): Promise<Graph | undefined> {
    await this.#refreshRevision();
    return this.#graph;
  }
}

/** The bucket holds what the operator or the laptop compiled; anything else is a mistake of theirs, not to be guessed at. */
function isRevision(value: unknown): value is Revision {
  return (
    typeof value === "object" &&
    value !== null &&
    "id" in value &&
    "modules" in value &&
    "groups" in value &&
    "jobs" in value
  );
}
