import { weightOf, type Execution } from "./execution.ts";

/** How much is handed to the host before it asks: enough that it never waits for the agent. */
export interface Limits {
  readonly permits: number;
  /** Executions beyond the permits. */
  readonly ahead: number;
  /** Bytes of payloads beyond which nothing more is fetched ahead. */
  readonly bytesAhead: number;
}

/**
 * The order in which executions go to the host: that of their arrival (E7), a window of them at a time; one that has to run
 * alone waits until nothing else is there, and everything else waits for it (E9).
 */
export class Schedule {
  readonly #limits: Limits;
  #waiting: Execution[] = [];
  /** Fetching, fetched or hosted, in order. */
  readonly #admitted = new Map<Execution, number>();
  #bytes = 0;
  #alone = false;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  add(execution: Execution): void {
    this.#waiting.push(execution);
  }

  /** Those that may be fetched now; they are admitted by this call. */
  admit(): Execution[] {
    const admitted: Execution[] = [];
    for (;;) {
      const [next] = this.#waiting;
      if (next === undefined || !this.#hasRoomFor(next)) return admitted;
      this.#waiting.shift();
      const bytes = weightOf(next);
      this.#admitted.set(next, bytes);
      this.#bytes += bytes;
      this.#alone = next.run.alone;
      admitted.push(next);
    }
  }

  /** Those that may go to the host now: fetched, and nothing before them is still being fetched. They are `hosted` after this call. */
  takeHostable(): Execution[] {
    const hostable: Execution[] = [];
    for (const execution of this.#admitted.keys()) {
      if (execution.stage === "fetching") break;
      if (execution.stage !== "fetched") continue;
      execution.stage = "hosted";
      hostable.push(execution);
    }
    return hostable;
  }

  /** It ended, failed or is not wanted any more. */
  remove(execution: Execution): void {
    const bytes = this.#admitted.get(execution);
    if (bytes === undefined) {
      this.#waiting = this.#waiting.filter((waiting) => waiting !== execution);
      return;
    }
    this.#admitted.delete(execution);
    this.#bytes -= bytes;
    if (execution.run.alone) this.#alone = false;
  }

  /** The host is gone: all that is admitted waits again, before everything that waits already. */
  readmitAll(): void {
    const again = [...this.#admitted.keys()];
    this.#admitted.clear();
    this.#bytes = 0;
    this.#alone = false;
    for (const execution of again) execution.stage = "queued";
    this.#waiting = [...again, ...this.#waiting];
  }

  /** Everything that has not gone to the host, in order. */
  unhosted(): Execution[] {
    return [...[...this.#admitted.keys()].filter(({ stage }) => stage !== "hosted"), ...this.#waiting];
  }

  #hasRoomFor({ run }: Execution): boolean {
    const { permits, ahead, bytesAhead } = this.#limits;
    if (this.#admitted.size === 0) return true;
    if (run.alone || this.#alone || this.#admitted.size >= permits + ahead) return false;
    return this.#admitted.size < permits || this.#bytes < bytesAhead;
  }
}
