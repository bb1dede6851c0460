import {
  BlobFolder,
  BlobStore,
  decodeDown,
  EnvelopeError,
  PROTOCOL_VERSION,
  subjectsOf,
  type Bus,
  type Failure,
  type ReplicaState,
} from "@troupe/protocol";
import { Desk } from "./desk.ts";
import type { AgentStatus } from "./health.ts";
import type { HostState } from "./host-keeper.ts";
import { logHostMessage } from "./host-log.ts";
import { Inbox } from "./inbox.ts";
import type { AgentLog } from "./log.ts";
import type { AgentOptions } from "./options.ts";
import { Revisions } from "./revisions.ts";
import { Uplink } from "./uplink.ts";

const BEAT_MS = 1_000;
/** A beacon is answered by a beat, unless one was sent just now. */
const BEACON_ANSWER_MS = 250;
/** How long a drained agent may take to tear its modules down, at most; and what part of its time. */
const TEARDOWN_MS = 3_000;
const TEARDOWN_PART = 0.25;

/** How the agent came to its end. `immortal`: the host's thread could not be ended, so the process has to be. */
export type AgentEnd = "drained" | "immortal";

/** One replica, as the owner knows it: it says who it is, listens, and leaves in good order. */
export class Agent {
  readonly #options: AgentOptions;
  readonly #bus: Bus;
  readonly #log: AgentLog;
  readonly #uplink: Uplink;
  readonly #inbox: Inbox;
  readonly #desk: Desk;
  readonly #ended: Promise<AgentEnd>;
  #end: (end: AgentEnd) => void = () => undefined;
  #draining: Promise<void> | null = null;
  #problem: Failure | null = null;
  #lastBeatAtMs = -Infinity;

  constructor(options: AgentOptions, bus: Bus, log: AgentLog) {
    this.#options = options;
    this.#bus = bus;
    this.#log = log;
    this.#ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    const { scope, group, replica } = options;
    const instance = `${process.pid}-${Date.now().toString(36)}`;
    this.#uplink = new Uplink(bus, subjectsOf(scope).up(group), { group, replica, instance });
    this.#desk = this.#makeDesk();
    this.#inbox = this.#makeInbox();
  }

  /** Serves until it is drained or has to end. */
  async serve(): Promise<AgentEnd> {
    const subjects = subjectsOf(this.#options.scope);
    const receive = ({ data }: { readonly data: Uint8Array }): void => {
      this.#receive(data);
    };
    const own = this.#bus.subscribe(subjects.down(this.#options.group, this.#options.replica), receive);
    const beacon = this.#bus.subscribe(subjects.beacon, receive);
    const unlisten = this.#bus.onStatus((status) => {
      if (status === "connected") this.#announce();
    });
    const beats = setInterval(() => {
      this.#beat();
      this.#inbox.sweep(performance.now());
    }, BEAT_MS);
    this.#desk.host.start();
    try {
      return await this.#ended;
    } finally {
      clearInterval(beats);
      this.#desk.close();
      unlisten();
      own.unsubscribe();
      beacon.unsubscribe();
    }
  }

  get status(): AgentStatus {
    return {
      bus: this.#bus.status,
      state: this.#state(),
      problem: this.#problem,
      executions: this.#desk.executions.size,
      permits: this.#options.permits,
    };
  }

  /** Takes no more, gives back what has not started, waits for the rest, and leaves within the time that it has. Idempotent. */
  async drain(): Promise<void> {
    this.#draining ??= this.#drain();
    return this.#draining;
  }

  async #drain(): Promise<void> {
    const { executions } = this.#desk;
    this.#log.record("info", "Draining", { executions: executions.size });
    this.#desk.stopTaking();
    // The first await hands control back, so that the beat says "draining".
    await Promise.resolve();
    this.#beat();
    const teardownMs = Math.min(TEARDOWN_MS, this.#options.drainMs * TEARDOWN_PART);
    const deadline = performance.now() + this.#options.drainMs - teardownMs;
    while (executions.size > 0 && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10));
    this.#desk.giveUp();
    this.#uplink.flush();
    await this.#desk.host.close(teardownMs);
    this.#end("drained");
  }

  #makeDesk(): Desk {
    const { scope, group, replica, templateHash, permits, modules, hostMemoryMb, payloads } = this.#options;
    const host = { files: modules, group, replica, permits, memoryMb: hostMemoryMb };
    const bus = this.#bus;
    const parts = {
      bus,
      blobs: new BlobStore(bus, scope, payloads === null ? undefined : new BlobFolder(payloads)),
      revisions: new Revisions(bus, scope, { group, templateHash }),
      uplink: this.#uplink,
      host,
    };
    return new Desk(parts, {
      onHostState: (state, problem) => {
        this.#hostChanged(state, problem);
      },
      onHostMessage: (message, execution) => {
        logHostMessage(this.#log, message, execution);
      },
      onHostDeath: (failure, running) => {
        this.#log.record("error", failure.message, { code: failure.code, running });
      },
      onImmortal: () => {
        this.#log.record("error", "The host's thread cannot be ended; the process ends with it");
        this.#uplink.flush();
        this.#end("immortal");
      },
    });
  }

  #makeInbox(): Inbox {
    const desk = this.#desk;
    return new Inbox({
      onRun: (run, items) => {
        desk.receive(run, items);
      },
      onAck: (what) => {
        for (const { lease, module } of what) desk.executions.acknowledge(lease, module);
      },
      onCancel: (cancel) => {
        desk.cancel(cancel);
      },
      onRecall: (recall) => {
        desk.recall(recall);
      },
      onBeacon: () => {
        if (performance.now() - this.#lastBeatAtMs > BEACON_ANSWER_MS) this.#beat();
      },
      onEpoch: () => {
        this.#announce();
      },
      onEnd: () => {
        desk.advance();
      },
    });
  }

  #receive(data: Uint8Array): void {
    try {
      this.#inbox.receive(decodeDown(data), performance.now());
    } catch (error) {
      if (!(error instanceof EnvelopeError)) throw error;
      this.#log.record("error", "A message of the owner could not be read", { error: error.message });
    }
  }

  /** To an owner that may know nothing: who this is, and all that was not acknowledged (E3). */
  #announce(): void {
    this.#beat();
    this.#desk.resend(0);
  }

  /** What went wrong stays said while it is tried again. */
  #hostChanged(state: HostState, problem: Failure | null): void {
    if (problem !== null || state === "ready") this.#problem = problem;
    if (problem !== null) this.#log.record("error", problem.message, { code: problem.code, stack: problem.stack });
    this.#beat();
  }

  #beat(): void {
    this.#lastBeatAtMs = performance.now();
    this.#uplink.send({
      type: "beat",
      version: PROTOCOL_VERSION,
      state: this.#state(),
      permits: this.#options.permits,
      templateHash: this.#options.templateHash,
      epoch: this.#inbox.epoch,
      executions: this.#desk.executions.listed(),
      ...(this.#problem === null ? {} : { problem: this.#problem }),
    });
  }

  #state(): ReplicaState {
    const { state } = this.#desk.host;
    return this.#draining !== null || state === "closed" ? "draining" : state;
  }
}
