import { decodeDown, EnvelopeError, PROTOCOL_VERSION, subjectsOf, BlobStore, type Bus, type Failure, type Payload, type Run } from "@troupe/protocol";
import type { FromHost, HostFailed, HostLog, HostStopped } from "../host/protocol.ts";
import type { RunningSlot } from "../host/slots.ts";
import { overdue, unresponsive } from "./core/deadlines.ts";
import type { Execution } from "./core/execution.ts";
import { Executions } from "./core/executions.ts";
import { Schedule } from "./core/schedule.ts";
import { verdicts, type Death } from "./core/verdicts.ts";
import { HostKeeper, type HostState } from "./host-keeper.ts";
import { Inbox } from "./inbox.ts";
import type { AgentLog } from "./log.ts";
import type { AgentOptions } from "./options.ts";
import { memoryOf, orderOf } from "./payloads.ts";
import { Results, spansOf } from "./results.ts";
import { Revisions } from "./revisions.ts";
import { Uplink } from "./uplink.ts";

const BEAT_MS = 1_000;
/** Deadlines and repetitions are looked at this often while there is anything to look at. */
const TICK_MS = 50;
/** A message that was not acknowledged for so long is sent again (E3). */
const RESEND_MS = 1_500;
/** A beacon is answered by a beat, unless one was sent just now. */
const BEACON_ANSWER_MS = 250;
const AHEAD = 32;
const BYTES_AHEAD = 64 * 1024 * 1024;
/** How long a drained agent may take to tear its modules down. */
const TEARDOWN_MS = 3_000;

/** How the agent came to its end. `immortal`: the host's thread could not be ended, so the process has to be. */
export type AgentEnd = "drained" | "immortal";

/** One replica: takes executions from the owner, has the host run them, and accounts for every one of them. */
export class Agent {
  readonly #options: AgentOptions;
  readonly #bus: Bus;
  readonly #log: AgentLog;
  readonly #executions = new Executions();
  readonly #schedule: Schedule;
  readonly #revisions: Revisions;
  readonly #blobs: BlobStore;
  readonly #uplink: Uplink;
  readonly #results: Results;
  readonly #inbox: Inbox;
  readonly #host: HostKeeper;
  readonly #releases: (() => void)[] = [];
  /** Rises with every host, so that what was fetched for a former one is not given to its successor. */
  #generation = 0;
  #tick: NodeJS.Timeout | null = null;
  #draining = false;
  #problem: Failure | null = null;
  #lastBeatAtMs = -Infinity;
  #end: (end: AgentEnd) => void = () => undefined;

  constructor(options: AgentOptions, bus: Bus, log: AgentLog) {
    this.#options = options;
    this.#bus = bus;
    this.#log = log;
    const { scope, group, replica, permits } = options;
    this.#schedule = new Schedule({ permits, ahead: AHEAD, bytesAhead: BYTES_AHEAD });
    this.#revisions = new Revisions(bus, scope);
    this.#blobs = new BlobStore(bus, scope);
    const instance = `${process.pid}-${Date.now().toString(36)}`;
    this.#uplink = new Uplink(bus, subjectsOf(scope).up(group), { group, replica, instance });
    this.#results = new Results(
      { executions: this.#executions, uplink: this.#uplink, blobs: this.#blobs },
      { onLost: (execution, failure) => { this.#loseResult(execution, failure); } },
    );
    this.#inbox = new Inbox({
      onRun: (run, items) => { this.#receive(run, items); },
      onAck: (what) => { for (const { lease, module } of what) this.#executions.acknowledge(lease, module); },
      onCancel: ({ lease, reason }) => { this.#cancel(this.#executions.ofLease(lease), reason); },
      onBeacon: () => { if (performance.now() - this.#lastBeatAtMs > BEACON_ANSWER_MS) this.#beat(); },
      onEpoch: () => { this.#announce(); },
      onEnd: () => { this.#advance(); },
    });
    this.#host = new HostKeeper(
      { files: options.modules, group, replica, permits, memoryMb: options.hostMemoryMb },
      this.#revisions,
      {
        onState: (state, problem) => { this.#hostChanged(state, problem); },
        onMessages: (messages) => { this.#hear(messages); },
        onDeath: (death) => { this.#hostDied(death); },
        onImmortal: () => { this.#uplink.flush(); this.#end("immortal"); },
      },
    );
  }

  /** Serves until it is drained. */
  async serve(): Promise<AgentEnd> {
    const subjects = subjectsOf(this.#options.scope);
    const ended = new Promise<AgentEnd>((resolve) => { this.#end = resolve; });
    const listen = (data: Uint8Array): void => { this.#receiveBatch(data); };
    for (const subject of [subjects.down(this.#options.group, this.#options.replica), subjects.beacon]) {
      const subscription = this.#bus.subscribe(subject, ({ data }) => { listen(data); });
      this.#releases.push(() => { subscription.unsubscribe(); });
    }
    this.#releases.push(this.#bus.onStatus((status) => { if (status === "connected") this.#announce(); }));
    const beats = setInterval(() => { this.#beat(); }, BEAT_MS);
    this.#releases.push(() => { clearInterval(beats); });
    this.#host.start();
    const end = await ended;
    for (const release of this.#releases) release();
    if (this.#tick !== null) clearInterval(this.#tick);
    return end;
  }

  /** Takes no more, gives back what has not started, waits for the rest and leaves within the time it was given. Idempotent. */
  async drain(): Promise<void> {
    if (this.#draining) return;
    this.#draining = true;
    this.#log.record("info", "Draining", { executions: this.#executions.size });
    this.#beat();
    for (const execution of [...this.#executions.all()]) this.#giveBack(execution);
    this.#host.flush();
    const teardownMs = Math.min(TEARDOWN_MS, this.#options.drainMs / 4);
    const deadline = performance.now() + this.#options.drainMs - teardownMs;
    while (this.#executions.size > 0 && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10));
    // What still runs is given back: drained blocks are never charged (E9).
    for (const execution of [...this.#executions.all()]) if (execution.stage !== "ended") this.#handBack(execution);
    this.#uplink.flush();
    await this.#host.close(teardownMs);
    this.#end("drained");
  }

  #receiveBatch(data: Uint8Array): void {
    try {
      this.#inbox.receive(decodeDown(data), performance.now());
    } catch (error) {
      if (!(error instanceof EnvelopeError)) throw error;
      this.#log.record("error", "A message of the owner could not be read", { error: error.message });
    }
  }

  #receive(run: Run, items: ReadonlyMap<number, readonly Payload[]> | null): void {
    const execution = this.#executions.add(run, items ?? new Map(), performance.now());
    if (execution === null) return;
    this.#startTick();
    this.#schedule.add(execution);
    // Lost items come again with the next dispatch.
    if (items === null || this.#draining || this.#host.state === "broken") this.#handBack(execution);
  }

  #cancel(execution: Execution | undefined, reason: string): void {
    if (execution === undefined) return;
    execution.cancelled = true;
    if (execution.stage === "hosted") this.#stop(execution, reason, null);
    else this.#finish(execution);
  }

  /** Asks the host to stop it, and remembers when its patience ends. */
  #stop(execution: Execution, reason: string, failure: Failure | null): void {
    execution.stopping = { failure, killAtMs: performance.now() + this.#graceMs(execution) };
    this.#host.post({ t: "abort", n: execution.n, reason });
    this.#host.flush();
  }

  #graceMs({ run }: Execution): number {
    const groups = this.#revisions.get(run.revision)?.groups;
    return groups?.find(({ name }) => name === this.#options.group)?.graceMs ?? 5_000;
  }

  /** Nothing of it runs any more. */
  #finish(execution: Execution): void {
    execution.stage = "ended";
    this.#schedule.remove(execution);
    this.#executions.settle(execution);
  }

  #handBack(execution: Execution): void {
    this.#results.handBack(execution);
    this.#finish(execution);
  }

  /** For draining: at once when it has not reached the host, else as soon as the host says that it has not started. */
  #giveBack(execution: Execution): void {
    if (execution.stage === "hosted") this.#host.post({ t: "revoke", n: execution.n });
    else if (execution.stage !== "ended") this.#handBack(execution);
  }

  #loseResult(execution: Execution, failure: Failure): void {
    if (execution.stage === "hosted") this.#stop(execution, failure.message, failure);
    else this.#fail(execution, { failure, module: null });
  }

  #fail(execution: Execution, what: { failure: Failure; module: number | null; fault?: "own" | "shared"; spans?: readonly number[] }): void {
    const { failure, module, fault, spans } = what;
    this.#results.fail(execution, { failure, module, fault: fault ?? "own", spans: spansOf(spans ?? []) });
    this.#finish(execution);
  }

  /** Moves executions on: from waiting to fetched, and from fetched to the host. */
  #advance(): void {
    if (this.#host.state !== "ready") return;
    for (const execution of this.#schedule.admit()) this.#fetch(execution);
    for (const execution of this.#schedule.takeHostable()) this.#handToHost(execution);
    this.#host.flush();
  }

  readonly #orders = new Map<Execution, ReturnType<typeof orderOf>>();

  #fetch(execution: Execution): void {
    const { run } = execution;
    const order = this.#host.isPrepared(run.revision) ? orderOf(execution, this.#blobs) : this.#prepareFor(execution);
    this.#orders.set(execution, order);
    execution.stage = "fetched";
    if (!(order instanceof Promise)) return;
    execution.stage = "fetching";
    void this.#await(execution, order, this.#generation);
  }

  async #prepareFor(execution: Execution): ReturnType<typeof fetchLater> {
    const failure = await this.#host.prepare(execution.run.revision);
    if (failure !== null) throw new FetchError(failure);
    const used = new Set([...this.#executions.all()].map(({ run }) => run.revision));
    this.#host.retireExcept(used);
    return orderOf(execution, this.#blobs);
  }
}
