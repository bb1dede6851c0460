/** Every execution from its arrival to its end: fetched, handed to the host, stopped when its time is up, and reported. */
import type { BlobStore, Bus, Cancel, Failure, Payload, Recall, Run } from "@troupe/protocol";
import type { FromHost, HostFailed, HostStopped, RunOrder } from "../host/protocol.ts";
import type { RunningSlot } from "../host/slots.ts";
import { overdue, unresponsive } from "./core/deadlines.ts";
import type { Execution } from "./core/execution.ts";
import { Executions } from "./core/executions.ts";
import { Schedule } from "./core/schedule.ts";
import { verdicts, type Death } from "./core/verdicts.ts";
import { HostKeeper, type HostState } from "./host-keeper.ts";
import type { HostThreadOptions } from "./host-thread.ts";
import { memoryOf, orderOf } from "./payloads.ts";
import { Results, spansOf } from "./results.ts";
import type { Revisions } from "./revisions.ts";
import type { Uplink } from "./uplink.ts";

/** Deadlines and repetitions are looked at this often while there is anything to look at. */
const TICK_MS = 50;
/** A message that was not acknowledged for so long is sent again (E3). */
const RESEND_MS = 1_500;
/** How many executions beyond the permits lie ready in the host. */
const AHEAD = 128;
const BYTES_AHEAD = 64 * 1024 * 1024;
/** The grace period of a group whose revision is not known yet. */
const GRACE_MS = 5_000;

export interface DeskParts {
  readonly bus: Bus;
  readonly blobs: BlobStore;
  readonly revisions: Revisions;
  readonly uplink: Uplink;
  readonly host: HostThreadOptions;
}

export interface DeskListener {
  readonly onHostState: (state: HostState, problem: Failure | null) => void;
  /** For the log; nothing depends on it. */
  readonly onHostMessage: (message: FromHost, execution: Execution | undefined) => void;
  readonly onHostDeath: (failure: Failure, running: number) => void;
  readonly onImmortal: () => void;
}

interface Blame {
  readonly failure: Failure;
  readonly module: number | null;
  readonly fault?: "own" | "shared";
  readonly spans?: readonly number[];
}

export class Desk {
  readonly executions = new Executions();
  readonly host: HostKeeper;
  readonly #parts: DeskParts;
  readonly #listener: DeskListener;
  readonly #schedule: Schedule;
  readonly #results: Results;
  /** What was fetched for executions that have not gone to the host. */
  readonly #orders = new Map<Execution, RunOrder>();
  /** Rises with every host: what was fetched while a former one lived is not given to its successor. */
  #generation = 0;
  #tick: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(parts: DeskParts, listener: DeskListener) {
    this.#parts = parts;
    this.#listener = listener;
    this.#schedule = new Schedule({ permits: parts.host.permits, ahead: AHEAD, bytesAhead: BYTES_AHEAD });
    this.#results = new Results(
      { executions: this.executions, uplink: parts.uplink, blobs: parts.blobs, revisions: parts.revisions },
      {
        onLost: (execution, failure) => {
          this.#loseResult(execution, failure);
        },
      },
    );
    this.host = new HostKeeper(parts.host, parts.revisions, {
      onState: (state, problem) => {
        this.#hostChanged(state, problem);
      },
      onMessages: (messages) => {
        this.#hear(messages);
      },
      onDeath: (death) => {
        this.#hostDied(death);
      },
      onImmortal: listener.onImmortal,
    });
  }

  /** @param items null when some were lost on the way: they come again with the next dispatch. */
  receive(run: Run, items: ReadonlyMap<number, readonly Payload[]> | null): void {
    const execution = this.executions.add(
      run,
      items ?? new Map<number, Payload[]>(),
      performance.timeOrigin + performance.now(),
    );
    if (execution === null) return;
    this.#tick ??= setInterval(() => {
      this.#onTick();
    }, TICK_MS);
    this.#schedule.add(execution);
    if (items === null || this.#closed || this.host.state === "broken") this.#handBack(execution);
  }

  /** Answered unless the next beat does; not kept, since it is asked again. */
  recall({ job, lease }: Recall): void {
    if (this.executions.ofLease(lease) !== undefined) return;
    this.#parts.uplink.send({ type: "back", job, lease, started: !this.executions.refuse(lease) });
  }

  cancel({ lease, reason }: Cancel): void {
    const execution = this.executions.ofLease(lease);
    if (execution === undefined) return;
    execution.cancelled = true;
    if (execution.stage === "hosted") this.#stop(execution, { reason, failure: null });
    else this.#finish(execution);
  }

  /** Moves executions on: from waiting to fetched, and from fetched to the host. */
  advance(): void {
    if (this.host.state !== "ready") return;
    for (const execution of this.#schedule.admit()) this.#fetch(execution);
    for (const execution of this.#schedule.takeHostable()) {
      const order = this.#orders.get(execution);
      this.#orders.delete(execution);
      if (order !== undefined) this.host.post(order, memoryOf(order));
    }
    this.host.flush();
  }

  /** Sends again what was not acknowledged for `afterMs`; all of it when 0. */
  resend(afterMs: number): void {
    for (const message of this.executions.takeDue(performance.now(), afterMs)) this.#parts.uplink.send(message);
  }

  /** Takes nothing more, and gives back what has not started. */
  stopTaking(): void {
    this.#closed = true;
    for (const execution of [...this.executions.all()]) {
      if (execution.stage === "hosted") this.host.post({ t: "revoke", n: execution.n });
      else if (execution.stage !== "ended") this.#handBack(execution);
    }
    this.host.flush();
  }

  /** Gives back what still runs: drained blocks are never charged (E9). */
  giveUp(): void {
    for (const execution of [...this.executions.all()]) if (execution.stage !== "ended") this.#handBack(execution);
  }

  close(): void {
    if (this.#tick !== null) clearInterval(this.#tick);
    this.#tick = null;
  }

  #fetch(execution: Execution): void {
    const order = this.host.isPrepared(execution.run.revision)
      ? orderOf(execution, this.#parts.blobs)
      : this.#prepareAndFetch(execution);
    if (order instanceof Promise) {
      execution.stage = "fetching";
      void this.#fetched(execution, order);
    } else {
      this.#orders.set(execution, order);
      execution.stage = "fetched";
    }
  }

  async #prepareAndFetch(execution: Execution): Promise<RunOrder> {
    const failure = await this.host.prepare(execution.run.revision);
    if (failure !== null) throw new Unprepared(failure);
    this.host.retireExcept(new Set([...this.executions.all()].map(({ run }) => run.revision)));
    return orderOf(execution, this.#parts.blobs);
  }

  async #fetched(execution: Execution, pending: Promise<RunOrder>): Promise<void> {
    const generation = this.#generation;
    const isCurrent = (): boolean => generation === this.#generation && execution.stage === "fetching";
    try {
      const order = await pending;
      if (!isCurrent()) return;
      this.#orders.set(execution, order);
      execution.stage = "fetched";
    } catch (error) {
      if (!isCurrent()) return;
      this.#fail(execution, { failure: fetchFailure(error), module: null });
    }
    this.advance();
  }

  #hear(messages: readonly FromHost[]): void {
    for (const message of messages) {
      const execution = "n" in message ? this.executions.ofNumber(message.n) : undefined;
      this.#listener.onHostMessage(message, execution);
      if (execution === undefined || execution.stage === "ended") continue;
      this.#hearOf(execution, message);
    }
    this.advance();
  }

  #hearOf(execution: Execution, message: FromHost): void {
    switch (message.t) {
      case "done":
        // A result after the time was up does not count: the block is failed, and one story is told of it.
        if (execution.stopping === null) this.#results.done(execution, message);
        if (message.last) this.#ended(execution, { module: message.module, spans: message.spans });
        break;
      case "failed":
        this.#failed(execution, message);
        break;
      case "stopped":
        this.#ended(execution, message);
        break;
      case "progress":
        this.#progressed(execution, message);
        break;
      case "loaded":
      case "unloadable":
      case "prepared":
      case "unprepared":
      case "log":
      case "fatal":
      case "closed":
        break;
    }
  }

  #progressed(
    { run, cancelled }: Execution,
    { module, fraction, message }: Extract<FromHost, { t: "progress" }>,
  ): void {
    if (cancelled) return;
    this.#parts.uplink.send({ type: "progress", job: run.job, lease: run.lease, module, fraction, message });
  }

  #failed(execution: Execution, { failure, module, spans }: HostFailed): void {
    this.#fail(execution, { failure: execution.stopping?.failure ?? failure, module, spans });
  }

  /** It ended without an error of its own: well, stopped by us, or taken back before it started. */
  #ended(execution: Execution, { module, spans }: Pick<HostStopped, "module" | "spans">): void {
    const failure = execution.stopping?.failure ?? null;
    if (execution.cancelled || (failure === null && module !== null)) this.#finish(execution);
    else if (failure === null) this.#handBack(execution);
    else this.#fail(execution, { failure, module, spans });
  }

  #stop(execution: Execution, { reason, failure }: { reason: string; failure: Failure | null }): void {
    const killAtMs = performance.now() + this.#graceMs(execution);
    execution.stopping = { failure, killAtMs, hostTurns: this.host.turns };
    this.host.post({ t: "abort", n: execution.n, reason });
    this.host.flush();
  }

  #graceMs({ run }: Execution): number {
    const groups = this.#parts.revisions.get(run.revision)?.groups;
    return groups?.find(({ name }) => name === this.#parts.host.group)?.graceMs ?? GRACE_MS;
  }

  #loseResult(execution: Execution, failure: Failure): void {
    if (execution.cancelled) return;
    if (execution.stage === "hosted") this.#stop(execution, { reason: failure.message, failure });
    else this.#fail(execution, { failure, module: null });
  }

  #handBack(execution: Execution): void {
    this.#results.handBack(execution);
    this.#finish(execution);
  }

  #fail(execution: Execution, { failure, module, fault, spans }: Blame): void {
    this.#results.fail(execution, { failure, module, fault: fault ?? "own", spans: spansOf(spans ?? []) });
    this.#finish(execution);
  }

  /** Nothing of it runs any more. */
  #finish(execution: Execution): void {
    execution.stage = "ended";
    this.#orders.delete(execution);
    this.#schedule.remove(execution);
    this.executions.settle(execution);
  }

  #onTick(): void {
    if (this.executions.size === 0) {
      this.close();
      return;
    }
    this.resend(RESEND_MS);
    const nowMs = performance.timeOrigin + performance.now();
    for (const slot of this.host.running) this.#watch(slot, nowMs);
  }

  #watch(slot: RunningSlot, nowMs: number): void {
    const execution = this.executions.ofNumber(slot.execution);
    if (execution === undefined || execution.stage !== "hosted") return;
    const { stopping } = execution;
    if (stopping === null) {
      const revision = this.#parts.revisions.get(execution.run.revision);
      const failure = revision === undefined ? null : overdue(execution, slot, revision, nowMs);
      if (failure !== null) this.#stop(execution, { reason: failure.message, failure });
    } else if (performance.now() > stopping.killAtMs) {
      const reason = stopping.failure?.message ?? "The execution was cancelled.";
      // A blocked thread keeps all that it runs from stopping: which of them blocks it, nobody can tell.
      const isBlocked = this.host.turns === stopping.hostTurns;
      this.host.condemn(unresponsive(reason, this.#graceMs(execution)), isBlocked ? null : execution.n);
    }
  }

  #hostChanged(state: HostState, problem: Failure | null): void {
    this.#listener.onHostState(state, problem);
    if (state === "broken") {
      for (const execution of [...this.executions.all()]) if (execution.stage !== "ended") this.#handBack(execution);
    }
    this.advance();
  }

  /** Those that ran are reported (E9); those that only waited in the host wait for its successor. */
  #hostDied({ failure, culprit, running }: Death & { readonly running: readonly RunningSlot[] }): void {
    this.#generation += 1;
    this.#orders.clear();
    const slots = new Map<number, RunningSlot>(running.map((slot) => [slot.execution, slot]));
    const ran = [...slots.keys()]
      .map((n) => this.executions.ofNumber(n))
      .filter((execution) => execution?.stage === "hosted");
    this.#listener.onHostDeath(failure, ran.length);
    const endedAt = performance.timeOrigin + performance.now();
    for (const verdict of verdicts(
      ran.filter((execution) => execution !== undefined),
      { failure, culprit },
    )) {
      const { execution, fault } = verdict;
      const slot = slots.get(execution.n);
      const module = slot?.module ?? null;
      const spans = slot === undefined || module === null ? [] : [module, slot.moduleStartedAt, endedAt];
      this.#fail(execution, { failure: verdict.failure, module, fault, spans });
    }
    for (const execution of [...this.executions.all()]) if (execution.stage === "hosted") this.#outlive(execution);
    this.#schedule.readmitAll();
  }

  /** It waited in the host and had not started. */
  #outlive(execution: Execution): void {
    const failure = execution.stopping?.failure ?? null;
    if (execution.cancelled) this.#finish(execution);
    else if (failure !== null) this.#fail(execution, { failure, module: null });
    else if (this.#closed) this.#handBack(execution);
  }
}

/** A revision's modules could not be bootstrapped in the present host. */
class Unprepared extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

function fetchFailure(error: unknown): Failure {
  if (error instanceof Unprepared) return error.failure;
  const reason = error instanceof Error ? error.message : String(error);
  return {
    code: "PayloadUnavailable",
    message: `A payload of the block could not be read: ${reason}`,
    kind: "retryable",
  };
}
