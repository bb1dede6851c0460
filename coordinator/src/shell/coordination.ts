/**
 * One coordinator's part in what one journal tells: a standby that folds it live, and owns it while it holds the lease. What the journal
 * tells, and what its owner does, is the business of a {@link Part}.
 */
import { OWNER_BUCKET, ownerKey, type Bus, type JournalWitness, type Scope } from "@troupe/protocol";
import type { Placement } from "../placement/placement.ts";
import { DamagedError } from "./checksum.ts";
import { Election, RENEW_MS } from "./election.ts";
import { CURE, JournalLostError, NO_FRAME, type KnownFrame, type Replayed } from "./journal-replay.ts";
import type { Log } from "./log.ts";
import { reasonOf, StallReporter } from "./stall-reporter.ts";
import type { StreamSizes } from "./stream-sizes.ts";
import { ensureStreams } from "./streams.ts";

const STANDBY_MS = 250;
/** Steps that fail for less long than this are no news: a slow answer under load, a server that restarts. */
const PATIENCE_MS = 3_000;
/** The same complaint is logged at most this often. */
const COMPLAIN_MS = 30_000;

export type Loss = "fenced" | "journal-lost";

/** A living owner. */
export interface Live {
  /** The last frame that is known to be journalled. */
  readonly journalled: KnownFrame;
  /** Leaves everything as it is; the journal has all that counts. */
  close(): void;
}

/** What is done with one kind of journal. */
export interface Part<State, L extends Live> {
  /** What the journal is of, as logs call it. */
  readonly of: "pipeline" | "group";
  /** @throws {JournalLostError} when `known` is not in the journal, among other things. */
  replay(known: KnownFrame): Promise<Replayed<State>>;
  catchUp(replayed: Replayed<State>): Promise<boolean>;
  /** Called again and again while standing by, before the lease is tried for. */
  prepare(): Promise<void>;
  own(replayed: Replayed<State>, election: Election, onLost: (why: Loss) => void): L;
  /** Called at every renewal of the lease. */
  keep(live: L): Promise<void>;
}

/**
 * `starting`: streams and state are being read. `standby`: folds along. `owner`: owns. `stalled`: the journal is not what it was; nothing is
 * done until somebody has repaired it. `closed`.
 */
type Phase<State, L extends Live> =
  | { readonly kind: "starting" }
  | { readonly kind: "standby"; readonly replayed: Replayed<State> }
  /** `created`: when the journal was made. */
  | { readonly kind: "owner"; readonly live: L; readonly created: string }
  | { readonly kind: "stalled"; readonly why: string }
  | { readonly kind: "closed" };

export interface CoordinationOptions<State, L extends Live> {
  readonly bus: Bus;
  readonly scope: Scope;
  readonly id: string;
  readonly log: Log;
  readonly part: Part<State, L>;
  /** What its streams may grow to. */
  readonly streams: StreamSizes;
  /** On how many servers they are kept. @default 1 */
  readonly streamReplicas?: number;
  /** Shares what there is to own with other coordinators; undefined: takes what is free, and keeps it. */
  readonly placement?: Placement | undefined;
}

export class Coordination<State, L extends Live> implements AsyncDisposable {
  readonly #options: CoordinationOptions<State, L>;
  readonly #election: Election;
  readonly #stalls: StallReporter;
  #phase: Phase<State, L> = { kind: "starting" };
  #loop: Promise<void>;
  #wake: () => void = () => undefined;
  readonly #unlisten: () => void;
  /** The last frame that this coordinator has journalled as owner. */
  #journalled = NO_FRAME;
  #complaint = { text: "", at: -Infinity };
  /** Monotonic moment since when every step has failed; undefined: the last one did not. */
  #failingSince: number | undefined;

  constructor(options: CoordinationOptions<State, L>) {
    this.#options = options;
    const { bus, scope, id, placement } = options;
    const delayMs = (): number => placement?.delayMs(scope) ?? 0;
    this.#election = new Election({ bus, scope, holder: id, mono: () => performance.now(), delayMs });
    this.#stalls = new StallReporter(options);
    this.#unlisten = bus.onStatus((status) => {
      if (status === "connected") this.#wake();
    });
    this.#loop = this.#run();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const wasOwner = this.#phase.kind === "owner";
    if (this.#phase.kind === "owner") this.#leave(this.#phase.live, this.#phase.created);
    this.#phase = { kind: "closed" };
    this.#unlisten();
    this.#wake();
    await this.#loop;
    if (wasOwner) await this.#election.release().catch(() => undefined); // NATS is away: the lease runs out by itself
  }

  get phase(): Phase<State, L>["kind"] {
    return this.#phase.kind;
  }

  /** The living owner, while this is one. */
  get live(): L | undefined {
    return this.#phase.kind === "owner" ? this.#phase.live : undefined;
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
    switch (this.#phase.kind) {
      case "starting":
        await this.#start();
        return 0;
      case "standby":
        return this.#stand(this.#phase.replayed);
      case "owner":
        return this.#own(this.#phase.live, this.#phase.created);
      case "stalled":
        this.#stalls.say("JournalLost", this.#phase.why);
        return STANDBY_MS;
      case "closed":
        return STANDBY_MS;
    }
  }

  async #start(): Promise<void> {
    const { bus, scope, log, part, streams, streamReplicas } = this.#options;
    await ensureStreams(bus, scope, streams, streamReplicas);
    const witness = await this.#election.witness();
    const replayed = await part.replay(this.#journalled);
    checkWitness(scope, replayed, witness);
    this.#enter({ kind: "standby", replayed });
    log.debug("stands by", { pipeline: scope.pipeline, frames: replayed.frames });
  }

  async #stand(replayed: Replayed<State>): Promise<number> {
    const { part } = this.#options;
    await part.catchUp(replayed);
    await part.prepare();
    if (!(await this.#election.tryAcquire())) return STANDBY_MS;
    await part.catchUp(replayed);
    if (this.#isClosed()) return 0;
    const live = part.own(replayed, this.#election, (why) => {
      this.#lost(why);
    });
    this.#enter({ kind: "owner", live, created: replayed.created });
    return RENEW_MS;
  }

  async #own(live: L, created: string): Promise<number> {
    this.#election.testify({ created, sequence: live.journalled.sequence });
    if ((await this.#election.renew()) === "lost") {
      live.close();
      this.#lost("fenced");
      return 0;
    }
    const { part, placement, scope } = this.#options;
    if (placement?.takeHandover(scope) === true) {
      await this.#handOver(live, created);
      return STANDBY_MS;
    }
    await part.keep(live);
    return RENEW_MS;
  }

  /** To the coordinator that is preferred for it: what it owns goes on there as after a takeover, only that nobody has to wait for a lease. */
  async #handOver(live: L, created: string): Promise<void> {
    const { log, part } = this.#options;
    log.info(`hands the ${part.of} over`, this.#named());
    this.#leave(live, created);
    this.#journalled = live.journalled;
    this.#enter({ kind: "starting" });
    await this.#election.release();
  }

  /** What it knows of the journal is left behind with the lease. */
  #leave(live: L, created: string): void {
    live.close();
    this.#election.testify({ created, sequence: live.journalled.sequence });
  }

  #lost(why: Loss): void {
    if (this.#isClosed()) return;
    const { log, part, scope } = this.#options;
    if (why === "journal-lost") {
      this.#stall(`the journal of ${scope.pipeline} is shorter than what this coordinator has journalled. ${CURE}`);
      return;
    }
    log.warn(`no longer owns the ${part.of}`, this.#named());
    if (this.#phase.kind === "owner") this.#journalled = this.#phase.live.journalled;
    this.#enter({ kind: "starting" });
  }

  #failed(error: unknown): void {
    const { log } = this.#options;
    const text = error instanceof Error ? error.message : String(error);
    if (error instanceof JournalLostError || error instanceof DamagedError) {
      this.#stall(error instanceof DamagedError ? `${text}. ${CURE}` : text);
      return;
    }
    const now = performance.now();
    const facts = { ...this.#named(), phase: this.#phase.kind, error: text };
    this.#failingSince ??= now;
    if (now - this.#failingSince < PATIENCE_MS) {
      log.debug("a step failed and is tried again", facts);
      return;
    }
    if (this.#phase.kind === "starting") this.#stalls.say(reasonOf(error), text);
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
    this.#options.log.error("stalled", { ...this.#named(), reason: "JournalLost", why });
  }

  /** As logs tell it. */
  #named(): Readonly<Record<string, string>> {
    const { part, scope } = this.#options;
    return { [part.of]: scope.pipeline };
  }

  #enter(phase: Phase<State, L>): void {
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

/** E10. The key is read before the journal, which can only have grown since. @throws {JournalLostError} */
function checkWitness(
  scope: Scope,
  { created, sequence }: Pick<Replayed<unknown>, "created" | "sequence">,
  witness: JournalWitness | null,
): void {
  if (witness === null || witness.created !== created || witness.sequence <= sequence) return;
  const key = `the key ${ownerKey(scope)} of the bucket ${OWNER_BUCKET}`;
  throw new JournalLostError(
    `the journal of ${scope.pipeline} ends at frame ${sequence}, but ${key} says that it was at ${witness.sequence}. ${CURE} To go on without what is missing, delete that key first.`,
  );
}
