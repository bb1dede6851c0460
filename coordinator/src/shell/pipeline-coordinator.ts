/** One coordinator's part in one pipeline: a standby that folds the journal live, and owns the pipeline while it holds the lease. */
import { readCurrentRevision, readRevision, type Bus, type Scope } from "@troupe/protocol";
import { graphOf, type Graph, type Revision } from "@troupe/model";
import { Election, RENEW_MS } from "./election.ts";
import { LiveOwner, type OwnerTuning } from "./live-owner.ts";
import type { Log } from "./log.ts";
import { catchUp, CURE, JournalLostError, replay, type Replayed } from "./replay.ts";
import { DamagedError } from "./checksum.ts";
import { RollCall } from "./roll-call.ts";
import { ensureStreams } from "./streams.ts";

const STANDBY_MS = 250;
const REVISION_MS = 2_000;
/** Steps that fail for less long than this are no news: a slow answer under load, a server that restarts. */
const PATIENCE_MS = 3_000;
/** The same complaint is logged at most this often. */
const COMPLAIN_MS = 30_000;

/**
 * `starting`: streams and state are being read. `standby`: folds along. `owner`: owns. `stalled`: the journal is not what it was; nothing is
 * done until somebody has repaired it. `closed`.
 */
type Phase =
  | { readonly kind: "starting" }
  | { readonly kind: "standby"; readonly replayed: Replayed }
  | { readonly kind: "owner"; readonly live: LiveOwner }
  | { readonly kind: "stalled"; readonly why: string }
  | { readonly kind: "closed" };

export interface PipelineCoordinatorOptions {
  readonly bus: Bus;
  readonly scope: Scope;
  readonly id: string;
  readonly log: Log;
  readonly tuning?: OwnerTuning;
}

export class PipelineCoordinator implements AsyncDisposable {
  readonly #options: PipelineCoordinatorOptions;
  readonly #election: Election;
  readonly #rollCall: RollCall;
  #phase: Phase = { kind: "starting" };
  #graph: Graph | undefined;
  #revisionReadAt = -Infinity;
  #loop: Promise<void>;
  #wake: () => void = () => undefined;
  readonly #unlisten: () => void;
  /** The last sequence that this coordinator has journalled as owner: a journal that ends before it has lost something. */
  #journalled = 0;
  #complaint = { text: "", at: -Infinity };
  /** Monotonic moment since when every step has failed; undefined: the last one did not. */
  #failingSince: number | undefined;

  constructor(options: PipelineCoordinatorOptions) {
    this.#options = options;
    const { bus, scope, id } = options;
    this.#election = new Election({ bus, scope, holder: id, mono: () => performance.now() });
    this.#rollCall = new RollCall(bus, scope);
    this.#unlisten = bus.onStatus((status) => {
      if (status === "connected") this.#wake();
    });
    this.#loop = this.#run();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#phase.kind === "owner") this.#phase.live.close();
    const wasOwner = this.#phase.kind === "owner";
    this.#phase = { kind: "closed" };
    this.#unlisten();
    this.#wake();
    this.#rollCall[Symbol.dispose]();
    await this.#loop;
    if (wasOwner) await this.#election.release().catch(() => undefined); // NATS is away: the lease runs out by itself
  }

  async #run(): Promise<void> {
    while (!this.#isClosed()) {
      try {
        const pauseMs = await this.#step();
        this.#failingSince = undefined;
        await this.#pause(pauseMs);
      } catch (error) {
        this.#failed(error);
        await this.#pause(RENEW_MS);
      }
    }
  }

  #isClosed(): boolean {
    return this.#phase.kind === "closed";
  }

  async #step(): Promise<number> {
    const { bus, scope } = this.#options;
    switch (this.#phase.kind) {
      case "starting": {
        await ensureStreams(bus, scope);
        const replayed = await replay(bus, scope);
        if (replayed.sequence < this.#journalled) {
          this.#stall(
            `the journal ends at frame ${replayed.sequence}, but this coordinator journalled ${this.#journalled}. ${CURE}`,
          );
          return 0;
        }
        this.#enter({ kind: "standby", replayed });
        this.#options.log.debug("stands by", {
          pipeline: scope.pipeline,
          frames: replayed.frames,
          openJobs: replayed.state.openJobs,
        });
        return 0;
      }
      case "standby":
        return this.#stand(this.#phase.replayed);
      case "owner":
        return this.#own(this.#phase.live);
      case "stalled":
      case "closed":
        return STANDBY_MS;
    }
  }

  async #stand(replayed: Replayed): Promise<number> {
    const { bus, scope, id, log, tuning } = this.#options;
    await catchUp(bus, scope, replayed);
    await this.#refreshRevision();
    if (!(await this.#election.tryAcquire())) return STANDBY_MS;
    await catchUp(bus, scope, replayed);
    if (this.#isClosed()) return 0;
    const live = new LiveOwner({
      bus,
      scope,
      id,
      election: this.#election,
      replayed,
      log,
      tuning,
      present: this.#rollCall.present,
      findRevision: async () => this.#findRevision(),
      onLost: (why) => {
        this.#lost(why);
      },
    });
    live.setCurrent(this.#graph);
    this.#enter({ kind: "owner", live });
    log.info("owns the pipeline", {
      pipeline: scope.pipeline,
      epoch: replayed.state.epoch + 1,
      openJobs: replayed.state.openJobs,
    });
    return RENEW_MS;
  }

  async #own(live: LiveOwner): Promise<number> {
    if ((await this.#election.renew()) === "lost") {
      live.close();
      this.#lost("fenced");
      return 0;
    }
    await this.#refreshRevision();
    live.setCurrent(this.#graph);
    return RENEW_MS;
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

  #lost(why: "fenced" | "journal-lost"): void {
    if (this.#isClosed()) return;
    const { log, scope } = this.#options;
    if (why === "journal-lost") {
      this.#stall(`the journal of ${scope.pipeline} is shorter than what this coordinator has journalled. ${CURE}`);
      return;
    }
    log.warn("no longer owns the pipeline", { pipeline: scope.pipeline });
    if (this.#phase.kind === "owner") this.#journalled = Math.max(this.#journalled, this.#phase.live.sequence);
    this.#enter({ kind: "starting" });
  }

  #failed(error: unknown): void {
    const { log, scope } = this.#options;
    const text = error instanceof Error ? error.message : String(error);
    if (error instanceof JournalLostError || error instanceof DamagedError) {
      this.#stall(error instanceof DamagedError ? `${text}. ${CURE}` : text);
      return;
    }
    const now = performance.now();
    const facts = { pipeline: scope.pipeline, phase: this.#phase.kind, error: text };
    this.#failingSince ??= now;
    if (now - this.#failingSince < PATIENCE_MS) {
      log.debug("a step failed and is tried again", facts);
      return;
    }
    if (text === this.#complaint.text && now - this.#complaint.at < COMPLAIN_MS) return;
    this.#complaint = { text, at: now };
    log.warn("a step failed and is tried again", {
      ...facts,
      forSeconds: Math.round((now - this.#failingSince) / 1_000),
    });
  }

  #stall(why: string): void {
    if (this.#phase.kind === "owner") this.#phase.live.close();
    this.#enter({ kind: "stalled", why });
    this.#options.log.error("stalled", { pipeline: this.#options.scope.pipeline, reason: "JournalLost", why });
  }

  #enter(phase: Phase): void {
    if (!this.#isClosed()) this.#phase = phase;
  }

  /** Cut short when the connection is back: every moment until the next renewal is one without an owner. */
  async #pause(ms: number): Promise<void> {
    if (ms <= 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
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
