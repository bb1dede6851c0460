/**
 * Jobs through the coordinator's core under a virtual clock. The core is the one that runs pipelines; journal, client and replicas are
 * replaced by ones that take no time, so that what is left is the modules' own durations and the rules of scheduling.
 *
 * Things that happen at the same instant need an order, for the order of the journal decides who gets a replica (E7). It is this:
 *
 * - P1 Every event is a frame of its own, journalled the moment it is appended.
 * - P2 Modules that end at the same instant do so in the order in which they started.
 * - P3 When a module ends, first the next module of its block starts; after a block's last one, the freed permit takes the block that
 *      has been ready longest in its group. Then the result is journalled, and the groups that it makes ready take their blocks, in the
 *      order in which the revision lists them.
 * - P4 All jobs are submitted at the start, one after another; those beyond `maxInFlight` follow one by one as others end.
 */
import type { Graph } from "@troupe/model";
import { NULL_PAYLOAD, PROTOCOL_VERSION } from "@troupe/protocol";
import { commit } from "../core/commit.ts";
import { knock } from "../core/door.ts";
import type { Moment } from "../core/execution.ts";
import { newOwner, takeCommands, type Command, type Owner, type Reply } from "../core/owner.ts";
import { routeOf } from "../core/route.ts";
import { emptyState } from "../core/state.ts";
import { pageWritten, tick } from "../core/tick.ts";
import { hear } from "../core/uplink.ts";
import { VirtualClock } from "./virtual-clock.ts";
import { VirtualReplica, type ModuleEnd, type VirtualSpan } from "./virtual-replica.ts";

export interface VirtualRunOptions {
  readonly jobs: number;
  /** By index of the group. */
  readonly replicas: readonly number[];
  /** What a module takes for the job of that index, in microseconds. */
  readonly durationUs: (module: number, job: number) => number;
  /** Called when the span ends. */
  readonly onSpan?: (span: VirtualSpan) => void;
}

/** How often the owner's tick comes, in virtual milliseconds. It only puts ended jobs away: nothing is lost here, or late. */
const TICK_MS = 60_000;

/** @returns when the last job ended, in milliseconds since the start. */
export function runVirtually(graph: Graph, options: VirtualRunOptions): number {
  const run = new VirtualRun(graph, options);
  run.start();
  while (run.step());
  return run.finish();
}

class VirtualRun {
  readonly #graph: Graph;
  readonly #options: VirtualRunOptions;
  readonly #clock = new VirtualClock<ModuleEnd>();
  readonly #owner: Owner;
  readonly #replicas = new Map<string, VirtualReplica>();
  #submitted = 0;
  #pages = 0;
  #tickedAt = 0;

  constructor(graph: Graph, options: VirtualRunOptions) {
    // Time limits are compared with the plan afterwards: a job that they end would hide how long the work takes.
    this.#graph = { ...graph, jobs: { ...graph.jobs, timeoutMs: null, queueTimeoutMs: null } };
    this.#options = options;
    this.#owner = newOwner(emptyState(), { epoch: 1, settings: { leaseMs: Infinity }, random: () => 0 });
    this.#owner.current = this.#graph;
  }

  start(): void {
    const route = routeOf(this.#graph, "run");
    for (const stop of route.stops) {
      if (stop === undefined) continue;
      const permits = this.#graph.groups[stop.group]?.concurrency ?? 1;
      for (let n = 0; n < (this.#options.replicas[stop.group] ?? 1); n++) {
        this.#addReplica(
          new VirtualReplica({
            stop,
            name: `${stop.name}-${n}`,
            permits,
            clock: this.#clock,
            durationUs: (module, job) => this.#options.durationUs(module, Number(job)),
            isJournalled: (module) => this.#graph.modules[module]?.journalled === true,
            onSpan: this.#options.onSpan ?? (() => undefined),
          }),
          { permits, templateHash: stop.templateHash },
        );
      }
    }
    this.#submit();
  }

  /** The next module ends. @returns false when nothing is left to end. */
  step(): boolean {
    const due = this.#clock.next();
    if (due === undefined) return false;
    this.#tickIfDue();
    const done = due.replica.end(due.execution);
    if (done === undefined) return true;
    hear(this.#owner, { from: due.replica.speaker, messages: [done] }, this.#now());
    this.#settle();
    this.#submit();
    return true;
  }

  finish(): number {
    const { openJobs } = this.#owner.state;
    if (openJobs > 0)
      throw new Error(`${openJobs} jobs never ended: a group has no replica, or groups wait for each other`);
    return this.#clock.nowUs / 1000;
  }

  #addReplica(
    replica: VirtualReplica,
    { permits, templateHash }: { readonly permits: number; readonly templateHash: string },
  ): void {
    this.#replicas.set(replica.speaker.replica, replica);
    const beat = {
      type: "beat",
      version: PROTOCOL_VERSION,
      state: "ready",
      permits,
      templateHash,
      epoch: 1,
      executions: [],
    } as const;
    hear(this.#owner, { from: replica.speaker, messages: [beat] }, this.#now());
    this.#settle();
  }

  #submit(): void {
    const { maxInFlight } = this.#graph.jobs;
    while (this.#submitted < this.#options.jobs && this.#owner.state.openJobs < maxInFlight) {
      const id = String(this.#submitted++);
      knock(
        this.#owner,
        {
          operation: "submit",
          id,
          phase: "run",
          input: NULL_PAYLOAD,
          digest: "",
          reply: "planner",
          wait: "",
          timeline: false,
        },
        this.#now(),
      );
      this.#settle();
    }
  }

  #tickIfDue(): void {
    const now = this.#now();
    if (now.mono - this.#tickedAt < TICK_MS) return;
    this.#tickedAt = now.mono;
    tick(this.#owner, now);
    this.#settle();
  }

  #now(): Moment {
    const ms = this.#clock.nowUs / 1000;
    return { mono: ms, wall: ms };
  }

  #settle(): void {
    for (let commands = takeCommands(this.#owner); commands.length > 0; commands = takeCommands(this.#owner)) {
      for (const command of commands) this.#carryOut(command);
    }
  }

  #carryOut(command: Command): void {
    switch (command.kind) {
      case "append":
        commit(this.#owner, [command], this.#now()); // P1
        return;
      case "send":
        if (command.message.type !== "run") return;
        this.#replicas
          .get(command.replica)
          ?.receive(
            command.message,
            this.#owner.executions.get(command.message.lease)?.block.readyAt ?? this.#now().wall,
          );
        return;
      case "write-page":
        pageWritten(this.#owner, command.jobs, ++this.#pages, this.#now());
        return;
      case "reply":
        refuseRefusal(command.reply);
        return;
      case "read-record":
      case "purge-blob":
      case "purge-pages":
      case "log":
        return;
    }
  }
}

/** Whatever the core refuses would be missing from the plan without a word. */
function refuseRefusal(reply: Reply): void {
  if (reply.kind === "refused") throw new Error(`job ${reply.id ?? ""} was refused: ${reply.message}`);
}
