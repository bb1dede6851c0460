/**
 * A model of a replica: it follows the contract of `protocol/src/messages.ts`. First come, first served, as many at a time as it has permits;
 * results are kept until they are acknowledged and sent again until then; lower epochs are ignored. Its modules fail, hang, and take their host
 * or their process with them, as the weather has it.
 */
import {
  PROTOCOL_VERSION,
  type Ack,
  type DownBatch,
  type Failure,
  type Lease,
  type Recall,
  type ReplicaState,
  type Run,
  type UpMessage,
} from "@troupe/protocol";
import type { CompiledGroup, Graph } from "@troupe/model";
import { usedBy } from "./block-plan.ts";
import { hasRoomFor, newExecution, takeOverdue, type Execution, type Kept } from "./agent-execution.ts";
import { drawDurationMs, drawFate, patienceMs, TOO_LONG } from "./fate.ts";
import { Parts } from "./parts.ts";
import type { Process } from "./process.ts";
import type { Random } from "./random.ts";
import { numberOf, type Tokens } from "./tokens.ts";
import { Violation } from "./violation.ts";
import type { Weather } from "./weather.ts";
import type { Witness } from "./witness.ts";

const BEAT_MS = 1_000;
const RESEND_MS = 1_500;
const RESEND_CHECK_MS = 500;
/** Stands for the whole execution in an acknowledgement. */
const WHOLE = -1;

export interface AgentWorld {
  /** Of the revision that a `run` names. */
  readonly graphOf: (revision: string) => Graph;
  readonly group: CompiledGroup;
  readonly groupIndex: number;
  readonly instance: string;
  readonly permits: number;
  readonly random: Random;
  readonly weather: Weather;
  readonly tokens: Tokens;
  readonly witness: Witness;
  readonly wall: () => number;
  /** Says something to whoever owns. */
  readonly say: (messages: readonly UpMessage[]) => void;
  /** The process is at its end. */
  readonly exit: () => void;
}

export class Agent {
  readonly process: Process;
  readonly #world: AgentWorld;
  readonly #executions = new Map<Lease, Execution>();
  /** Leases that were ever received: a message that comes twice is not worked on twice. */
  readonly #seen = new Set<Lease>();
  readonly #queue: Execution[] = [];
  readonly #parts = new Parts();
  readonly #running = new Set<Execution>();
  #state: ReplicaState = "starting";
  #isDraining = false;
  #epoch = 0;
  #outgoing: UpMessage[] = [];

  constructor(process: Process, world: AgentWorld) {
    this.process = process;
    this.#world = world;
    this.#beat();
    this.#startHost();
    process.every(BEAT_MS, () => {
      this.#beat();
      return true;
    });
    process.every(RESEND_CHECK_MS, () => {
      this.#resend(RESEND_MS);
      return true;
    });
  }

  get isIdle(): boolean {
    return this.#executions.size === 0;
  }

  /** The lease under which it works on a block of the job, and since when. */
  working(job: string): { readonly lease: Lease; readonly since: number } | undefined {
    for (const { run, blockStartedAt: since } of this.#running) if (run.job === job) return { lease: run.lease, since };
    return undefined;
  }

  receive({ epoch, messages }: DownBatch): void {
    if (epoch < this.#epoch) return;
    const isNew = epoch > this.#epoch;
    this.#epoch = epoch;
    for (const message of messages) {
      switch (message.type) {
        case "run":
          this.#receiveRun(message);
          break;
        case "results":
        case "items":
          if (!this.#seen.has(message.lease)) this.#parts.add(message);
          break;
        case "ack":
          this.#acknowledged(message);
          break;
        case "cancel":
          this.#cancelled(message.lease);
          break;
        case "recall":
          this.#recalled(message);
          break;
        case "beacon":
          break;
      }
    }
    if (isNew) this.announce();
    this.#advance();
  }

  /** To a new owner, or after the connection was lost: all that is not acknowledged, and who is here. */
  announce(): void {
    this.#resend(0);
    this.#beat();
  }

  drain(): void {
    this.#isDraining = true;
    this.#state = "draining";
    for (const execution of this.#queue.splice(0)) this.#handBack(execution);
    this.#beat();
    this.#leaveWhenDone();
    this.process.after(this.#world.random.between(10, 3_000), () => {
      for (const execution of [...this.#running]) this.#giveUp(execution);
    });
  }

  #receiveRun(received: Run): void {
    if (this.#seen.has(received.lease)) return;
    this.#seen.add(received.lease);
    const { run, items, isComplete } = this.#parts.take(received);
    const { groupIndex, group, witness, instance } = this.#world;
    const graph = this.#world.graphOf(run.revision);
    if (graph.groups[groupIndex]?.templateHash !== group.templateHash)
      throw new Violation("revisions", `${run.lease} of ${run.job} went to ${instance}, whose template is another`);
    witness.received(run.lease, instance);
    const execution = newExecution(run, items, graph, groupIndex);
    this.#executions.set(run.lease, execution);
    if (!isComplete || this.#isDraining) this.#handBack(execution);
    else this.#queue.push(execution);
  }

  #recalled({ job, lease }: Recall): void {
    if (this.#executions.has(lease)) return;
    const started = this.#seen.has(lease);
    this.#seen.add(lease);
    this.#say({ type: "back", job, lease, started });
  }

  #acknowledged({ what }: Ack): void {
    for (const { lease, module } of what) {
      const execution = this.#executions.get(lease);
      const kept = execution?.kept.get(module)?.message;
      if (execution === undefined || kept === undefined) continue;
      if (kept.type !== "back") this.#world.witness.forgotten(kept, this.#world.groupIndex);
      execution.kept.delete(module);
      this.#settle(execution);
    }
  }

  #cancelled(lease: Lease): void {
    const execution = this.#executions.get(lease);
    if (execution === undefined) return;
    execution.cancelled = true;
    execution.kept.clear();
    const at = this.#queue.indexOf(execution);
    if (at !== -1) this.#queue.splice(at, 1);
    if (execution.stage === "queued") execution.stage = "ended";
    this.#settle(execution);
    if (execution.stage === "running")
      this.process.after(this.#world.random.between(1, 30), () => {
        this.#stopped(execution);
      });
  }

  /** Forgets what is over and acknowledged; what is cancelled keeps its permit until it stops. */
  #settle(execution: Execution): void {
    if (execution.cancelled || (execution.stage === "ended" && execution.kept.size === 0))
      this.#executions.delete(execution.run.lease);
  }

  #advance(): void {
    while (this.#state === "ready" || this.#state === "draining") {
      const [next] = this.#queue;
      if (next === undefined || !hasRoomFor(next, this.#running, this.#world.permits)) return;
      this.#queue.shift();
      next.stage = "running";
      next.blockStartedAt = this.process.clock.now;
      this.#world.witness.worksOn(next.run);
      this.#running.add(next);
      this.#runNext(next);
    }
  }

  #runNext(execution: Execution): void {
    const module = execution.left.shift();
    if (module === undefined) {
      this.#stopped(execution);
      return;
    }
    const { witness } = this.#world;
    const { job, lease } = execution.run;
    execution.module = module;
    witness.started(job, module, lease);
    const startedAt = this.#world.wall();
    const tookMs = drawDurationMs(this.#world.random, this.#world.weather);
    if (this.#meetsFate(execution, tookMs)) return;
    this.process.after(tookMs, () => {
      if (execution.stage !== "running" || execution.module !== module) return;
      execution.spans.push({ module, startedAt, endedAt: this.#world.wall() });
      this.#moduleDone(execution, module);
    });
  }

  /** @returns whether the module does not end well. */
  #meetsFate(execution: Execution, tookMs: number): boolean {
    const { random, weather } = this.#world;
    const { process } = this;
    const fate = drawFate(random, weather, process.clock.now);
    switch (fate.kind) {
      case "ends":
        return false;
      case "fails":
        this.#failAfter(execution, tookMs, fate.failure);
        return true;
      case "kills-host":
        process.after(tookMs, () => {
          if (execution.stage === "running") this.#hostDies(execution);
        });
        return true;
      case "kills-replica":
        process.after(tookMs, () => {
          if (execution.stage === "running") this.#world.exit();
        });
        return true;
      case "hangs":
        this.#failAfter(execution, patienceMs(this.#limitsOf(execution)), TOO_LONG);
        return true;
    }
  }

  #limitsOf({ graph, module, run }: Execution): readonly (number | null | undefined)[] {
    return [graph.modules[module ?? -1]?.timeoutMs, this.#world.group.timeoutMs, run.timeLeftMs];
  }

  #failAfter(execution: Execution, ms: number, failure: Failure): void {
    const { module } = execution;
    this.process.after(ms, () => {
      if (execution.stage === "running" && execution.module === module) this.#fail(execution, failure, "own");
    });
  }

  #moduleDone(execution: Execution, module: number): void {
    const { tokens, random, weather } = this.#world;
    const {
      graph,
      run: { job, lease, phase },
    } = execution;
    const last = execution.left.length === 0;
    if (!execution.cancelled && graph.modules[module]?.journalled === true) {
      const used = usedBy(graph, phase, module, execution.results);
      const output = tokens.make(
        { job, module, lease, used, items: execution.items.get(module) },
        random.chance(weather.stored),
      );
      execution.results.set(module, numberOf(output));
      this.#keep(execution, module, { type: "done", job, lease, module, output, last, spans: execution.spans });
      execution.spans = [];
    }
    if (last || execution.cancelled) this.#stopped(execution);
    else this.#runNext(execution);
  }

  #fail(execution: Execution, failure: Failure, fault: "own" | "shared"): void {
    const { job, lease } = execution.run;
    if (!execution.cancelled)
      this.#keep(execution, WHOLE, {
        type: "fail",
        job,
        lease,
        module: execution.module,
        failure,
        fault,
        spans: execution.spans,
      });
    this.#stopped(execution);
  }

  #stopped(execution: Execution): void {
    if (execution.stage !== "running") return;
    execution.stage = "ended";
    this.#running.delete(execution);
    this.#settle(execution);
    this.#advance();
    if (this.#isDraining) this.#leaveWhenDone();
  }

  #handBack(execution: Execution): void {
    const { job, lease } = execution.run;
    execution.stage = "ended";
    this.#keep(execution, WHOLE, { type: "back", job, lease, started: false });
  }

  /** The time to drain is over: what runs is given back. */
  #giveUp(execution: Execution): void {
    const { job, lease } = execution.run;
    if (!execution.cancelled) this.#keep(execution, WHOLE, { type: "back", job, lease, started: true });
    this.#stopped(execution);
  }

  /** One that ran alone is to blame; of several, nobody knows which, unless it can be told (E9). */
  #hostDies(culprit: Execution): void {
    const running = [...this.#running];
    const isKnown = running.length === 1 || this.#world.random.chance(0.5);
    this.#state = "starting";
    for (const execution of running)
      this.#fail(
        execution,
        { code: "HostExited", kind: "retryable", message: "the host ended" },
        isKnown && execution === culprit ? "own" : "shared",
      );
    this.#startHost();
  }

  #startHost(): void {
    this.process.after(this.#world.random.between(20, 200), () => {
      this.#state = this.#isDraining ? "draining" : "ready";
      this.#beat();
      this.#advance();
    });
  }

  #leaveWhenDone(): void {
    this.process.after(50, () => {
      if (this.isIdle) this.#world.exit();
      else this.#leaveWhenDone();
    });
  }

  #keep(execution: Execution, key: number, message: Kept): void {
    execution.kept.set(key, { message, sentAt: this.process.clock.now });
    this.#say(message);
  }

  #resend(afterMs: number): void {
    for (const execution of this.#executions.values())
      for (const message of takeOverdue(execution, this.process.clock.now, afterMs)) this.#say(message);
  }

  #beat(): void {
    const executions = [...this.#executions.values()].map(({ run }) => ({ job: run.job, lease: run.lease }));
    const { permits, group } = this.#world;
    this.#say({
      type: "beat",
      version: PROTOCOL_VERSION,
      state: this.#state,
      permits,
      templateHash: group.templateHash,
      epoch: this.#epoch,
      executions,
    });
  }

  /** What is said within a turn travels together. */
  #say(message: UpMessage): void {
    this.#outgoing.push(message);
    if (this.#outgoing.length > 1) return;
    this.process.after(0, () => {
      const messages = this.#outgoing;
      this.#outgoing = [];
      this.#world.say(messages);
    });
  }
}
