/** A replica whose modules take the time that they are said to take, and nothing else. */
import type { Done, Run, Speaker } from "@troupe/protocol";
import { NULL_PAYLOAD } from "@troupe/protocol";
import type { Stop } from "../core/route.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** One module's run for one job. Milliseconds since the start. */
export interface VirtualSpan {
  readonly job: string;
  readonly module: number;
  readonly group: number;
  readonly replica: string;
  readonly attempt: number;
  readonly readyAt: number;
  readonly startedAt: number;
  readonly endedAt: number;
}

/** A block on its way through a replica's modules. */
export interface VirtualExecution {
  readonly run: Run;
  /** When its block became ready, in milliseconds. */
  readonly readyAt: number;
  /** Which of the block's modules runs. */
  at: number;
  startedUs: number;
}

/** What is scheduled on the clock: the module that `execution` is at ends. */
export interface ModuleEnd {
  readonly replica: VirtualReplica;
  readonly execution: VirtualExecution;
}

export interface VirtualReplicaSettings {
  readonly stop: Stop;
  readonly name: string;
  readonly permits: number;
  readonly clock: VirtualClock<ModuleEnd>;
  /** What a module takes for a job, in microseconds. */
  readonly durationUs: (module: number, job: string) => number;
  /** Whether the owner is told of a module by itself. */
  readonly isJournalled: (module: number) => boolean;
  readonly onSpan: (span: VirtualSpan) => void;
}

export class VirtualReplica {
  readonly speaker: Speaker;
  readonly #settings: VirtualReplicaSettings;
  readonly #waiting: VirtualExecution[] = [];
  #running = 0;

  constructor(settings: VirtualReplicaSettings) {
    this.#settings = settings;
    this.speaker = { group: settings.stop.name, replica: settings.name, instance: settings.name };
  }

  /** Executions beyond the permits wait in the order in which they came. */
  receive(run: Run, readyAt: number): void {
    const execution: VirtualExecution = { run, readyAt, at: 0, startedUs: 0 };
    if (this.#running < this.#settings.permits) this.#begin(execution);
    else this.#waiting.push(execution);
  }

  /** The module that the execution is at ends, and the next one starts. @returns what the owner is to be told, if anything. */
  end(execution: VirtualExecution): Done | undefined {
    const { stop, isJournalled } = this.#settings;
    const { run, at } = execution;
    const module = stop.modules[at] ?? -1;
    this.#keepSpan(execution, module);
    const last = module === stop.last;
    if (last) {
      this.#running--;
      const waiting = this.#waiting.shift();
      if (waiting !== undefined) this.#begin(waiting);
    } else {
      execution.at++;
      this.#startModule(execution);
    }
    if (!last && !isJournalled(module)) return undefined;
    // No spans: the owner measures blocks by them, and sends ahead where they are short. That is a bet which may go wrong, and
    // a plan is about what the declared durations lead to.
    return { type: "done", job: run.job, lease: run.lease, module, output: NULL_PAYLOAD, last, spans: [] };
  }

  #begin(execution: VirtualExecution): void {
    this.#running++;
    this.#startModule(execution);
  }

  #startModule(execution: VirtualExecution): void {
    const { clock, stop, durationUs } = this.#settings;
    execution.startedUs = clock.nowUs;
    clock.schedule(durationUs(stop.modules[execution.at] ?? -1, execution.run.job), { replica: this, execution });
  }

  #keepSpan({ run, readyAt, at, startedUs }: VirtualExecution, module: number): void {
    const { stop, name, clock, onSpan } = this.#settings;
    const startedAt = startedUs / 1000;
    onSpan({
      job: run.job,
      module,
      group: stop.group,
      replica: name,
      attempt: run.attempt,
      readyAt: at === 0 ? readyAt : startedAt,
      startedAt,
      endedAt: clock.nowUs / 1000,
    });
  }
}
