/** One coordinator's part in one free Group: a standby that folds the registry's journal live, and owns it while it holds the lease. */
import type { Bus, Scope } from "@troupe/protocol";
import { nextEpoch } from "../core/epoch.ts";
import { decodeRegistryFrame, decodeRegistrySnapshot } from "../registry/codec.ts";
import type { RegistryEvent } from "../registry/events.ts";
import { foldRegistry } from "../registry/fold.ts";
import type { RegistrySettings } from "../registry/owner.ts";
import type { Placement } from "../placement/placement.ts";
import { emptyRegistry, type RegistryState } from "../registry/state.ts";
import { Coordination } from "./coordination.ts";
import { catchUp, replayJournal, type Folding } from "./journal-replay.ts";
import { GroupMarkReader } from "./group-mark-reader.ts";
import { LiveRegistry, type RegistryFigures } from "./live-registry.ts";
import type { Log } from "./log.ts";
import type { StreamSizes } from "./stream-sizes.ts";

const REGISTRY: Folding<RegistryState, RegistryEvent> = {
  empty: emptyRegistry,
  fold: foldRegistry,
  decode: decodeRegistryFrame,
  snapshotOf: (event) => (event.type === "snapshot" ? event : undefined),
  restore: async (parts) => decodeRegistrySnapshot(parts),
};

export interface GroupCoordinatorOptions {
  readonly bus: Bus;
  /** `pipeline` is the group's name. */
  readonly scope: Scope;
  readonly id: string;
  readonly log: Log;
  /** What its streams may grow to. */
  readonly streams: StreamSizes;
  /** On how many servers they are kept. @default 1 */
  readonly streamReplicas?: number;
  readonly settings?: Partial<RegistrySettings>;
  /** Between two looks at what is stored, and belongs to nobody. Default 30 minutes. */
  readonly sweepMs?: number;
  /** Shares the Groups with other coordinators; undefined: takes what is free, and keeps it. */
  readonly placement?: Placement;
}

export class GroupCoordinator implements AsyncDisposable {
  readonly scope: Scope;
  readonly #marks: GroupMarkReader;
  readonly #coordination: Coordination<RegistryState, LiveRegistry>;

  constructor(options: GroupCoordinatorOptions) {
    const { bus, scope, log } = options;
    this.scope = scope;
    this.#marks = new GroupMarkReader(bus, scope);
    this.#coordination = new Coordination<RegistryState, LiveRegistry>({
      ...options,
      part: {
        of: "group",
        replay: async (known) => replayJournal(REGISTRY, bus, scope, known),
        catchUp: async (replayed) => catchUp(REGISTRY, bus, scope, replayed),
        prepare: async () => {
          await this.#marks.refresh();
        },
        keep: async (live) => {
          live.heed(await this.#marks.refresh());
        },
        own: (replayed, election, onLost) => {
          const epoch = nextEpoch(replayed.state.epoch, Date.now());
          log.info("owns the group", {
            group: scope.pipeline,
            epoch,
            actors: replayed.state.actors.size,
          });
          const live = new LiveRegistry({ ...options, election, replayed, epoch, onLost });
          live.heed(this.#marks.mark);
          return live;
        },
      },
    });
  }

  get phase(): Coordination<RegistryState, LiveRegistry>["phase"] {
    return this.#coordination.phase;
  }

  /** What the owner of the group counts; undefined: this coordinator does not own it. */
  get figures(): RegistryFigures | undefined {
    return this.#coordination.live?.figures;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#marks[Symbol.dispose]();
    await this.#coordination[Symbol.asyncDispose]();
  }
}
