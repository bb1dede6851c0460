/**
 * What runs in the host right now, in memory that host and agent share: the agent has to know it when the host can no longer
 * say it, because its thread is blocked or dead. One row for each permit.
 *
 *     i32 culprit, i32 turns | per row: i32 execution, i32 module + 1, f64 start of the module, f64 start of the block
 */
const HEADER_BYTES = 8;
const ROW_BYTES = 24;

/** One permit in use. Times are Unix milliseconds. */
export interface RunningSlot {
  readonly execution: number;
  /** Index of the module that runs; null between two modules. */
  readonly module: number | null;
  readonly moduleStartedAt: number;
  readonly blockStartedAt: number;
}

export class Slots {
  readonly buffer: SharedArrayBuffer;
  readonly permits: number;
  readonly #ints: Int32Array;
  readonly #times: Float64Array;

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.permits = (buffer.byteLength - HEADER_BYTES) / ROW_BYTES;
    this.#ints = new Int32Array(buffer);
    this.#times = new Float64Array(buffer);
  }

  static ofPermits(permits: number): Slots {
    return new Slots(new SharedArrayBuffer(HEADER_BYTES + ROW_BYTES * permits));
  }

  startBlock(slot: number, execution: number, atMs: number): void {
    this.#times[rowOf(slot) / 8 + 2] = atMs;
    Atomics.store(this.#ints, rowOf(slot) / 4, execution);
  }

  /** The time is written before the module's number, so that a reader never takes an old time for the new module's. */
  startModule(slot: number, module: number, atMs: number): void {
    this.#times[rowOf(slot) / 8 + 1] = atMs;
    Atomics.store(this.#ints, rowOf(slot) / 4 + 1, module + 1);
  }

  endModule(slot: number): void {
    Atomics.store(this.#ints, rowOf(slot) / 4 + 1, 0);
  }

  endBlock(slot: number): void {
    Atomics.store(this.#ints, rowOf(slot) / 4 + 1, 0);
    Atomics.store(this.#ints, rowOf(slot) / 4, 0);
  }

  /** Names the execution that is about to end the host. */
  blame(execution: number): void {
    Atomics.store(this.#ints, 0, execution);
  }

  /** The execution that ended the host; null when nobody knows. */
  culprit(): number | null {
    const execution = Atomics.load(this.#ints, 0);
    return execution === 0 ? null : execution;
  }

  /** Called when the thread takes orders. */
  takeTurn(): void {
    Atomics.add(this.#ints, 1, 1);
  }

  /** How often the thread has taken orders: stands still while it is blocked. */
  get turns(): number {
    return Atomics.load(this.#ints, 1);
  }

  running(): RunningSlot[] {
    const found: RunningSlot[] = [];
    for (let slot = 0; slot < this.permits; slot++) {
      const execution = Atomics.load(this.#ints, rowOf(slot) / 4);
      const module = Atomics.load(this.#ints, rowOf(slot) / 4 + 1);
      if (execution === 0) continue;
      found.push({
        execution,
        module: module === 0 ? null : module - 1,
        moduleStartedAt: this.#times[rowOf(slot) / 8 + 1] ?? 0,
        blockStartedAt: this.#times[rowOf(slot) / 8 + 2] ?? 0,
      });
    }
    return found;
  }
}

/** Byte offset of a row; execution numbers start at 1, so 0 is "nothing". */
function rowOf(slot: number): number {
  return HEADER_BYTES + slot * ROW_BYTES;
}
