import type { Beat, Lease, Payload, Run } from "@troupe/protocol";
import { Seen } from "./seen.ts";
import { WHOLE_EXECUTION, type Execution, type Kept, type KeptMessage } from "./execution.ts";

/** All executions that this agent has to account for. No clock and no effects: times come as arguments. */
export class Executions {
  readonly #byLease = new Map<Lease, Execution>();
  readonly #byNumber = new Map<number, Execution>();
  readonly #seen = new Seen();
  #lastNumber = 0;

  get size(): number {
    return this.#byLease.size;
  }

  /** @returns null when the same `run` came before, whatever has become of it, or must not run any more (E2). */
  add(run: Run, items: ReadonlyMap<number, readonly Payload[]>, nowMs: number): Execution | null {
    if (this.#byLease.has(run.lease) || this.#seen.note(run.lease) === "seen") return null;
    const execution: Execution = {
      n: (this.#lastNumber = nextNumber(this.#lastNumber)),
      run,
      items,
      receivedAtMs: nowMs,
      stage: "queued",
      cancelled: false,
      stopping: null,
      kept: new Map(),
      unsent: 0,
    };
    this.#byLease.set(run.lease, execution);
    this.#byNumber.set(execution.n, execution);
    return execution;
  }

  /** Whether a `run` never came. Then it is refused from here on (E2). */
  refuse(lease: Lease): boolean {
    return !this.#byLease.has(lease) && this.#seen.note(lease) === "new";
  }

  ofLease(lease: Lease): Execution | undefined {
    return this.#byLease.get(lease);
  }

  ofNumber(n: number): Execution | undefined {
    return this.#byNumber.get(n);
  }

  /** In the order of their arrival. */
  all(): IterableIterator<Execution> {
    return this.#byLease.values();
  }

  remove(execution: Execution): void {
    this.#byLease.delete(execution.run.lease);
    this.#byNumber.delete(execution.n);
  }

  /** Keeps a message that is being sent, until it is acknowledged (E3). */
  keep(execution: Execution, message: KeptMessage, nowMs: number): void {
    execution.kept.set(message.type === "done" ? message.module : WHOLE_EXECUTION, { message, sentAtMs: nowMs });
  }

  /** The owner has journalled what the message says, or does not want it. */
  acknowledge(lease: Lease, module: number): void {
    const execution = this.#byLease.get(lease);
    if (execution === undefined) return;
    execution.kept.delete(module);
    this.settle(execution);
  }

  /** Forgets the execution if nothing of it runs and nothing waits to be acknowledged. */
  settle(execution: Execution): void {
    if (execution.stage !== "ended") return;
    if (execution.cancelled || (execution.kept.size === 0 && execution.unsent === 0)) this.remove(execution);
  }

  /** What a beat lists: all that is queued or runs here or has results that were not acknowledged (E5). */
  listed(): Beat["executions"] {
    const listed: { job: string; lease: Lease }[] = [];
    for (const { run, cancelled } of this.#byLease.values()) {
      if (!cancelled) listed.push({ job: run.job, lease: run.lease });
    }
    return listed;
  }

  /** Messages that were last sent at least `afterMs` ago, in the order in which they were first sent; marked as sent now. */
  takeDue(nowMs: number, afterMs: number): KeptMessage[] {
    const due: Kept[] = [];
    for (const { kept, cancelled } of this.#byLease.values()) {
      if (cancelled) continue;
      for (const message of kept.values()) if (nowMs - message.sentAtMs >= afterMs) due.push(message);
    }
    for (const kept of due) kept.sentAtMs = nowMs;
    return due.map(({ message }) => message);
  }
}

/** Numbers stay positive 32-bit integers, as the memory shared with the host has them. */
function nextNumber(last: number): number {
  return last >= 0x7fff_ffff ? 1 : last + 1;
}
