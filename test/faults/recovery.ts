/** When jobs ended, and how long none did after a fault. */

/** Shorter ones are how a busy machine breathes. */
const STALL_MS = 200;
/** A fault is held against what stands still within so long after it. */
const WINDOW_MS = 10_000;

interface Fault {
  readonly kind: string;
  readonly at: number;
}

export interface Recovery {
  readonly kind: string;
  /** From the fault until jobs ended again after the first stall in its time; 0 when nothing stood still. */
  readonly ms: number;
}

export class Progress {
  readonly #ends: number[] = [performance.now()];
  readonly #faults: Fault[] = [];

  get count(): number {
    return this.#ends.length - 1;
  }

  ended(): void {
    this.#ends.push(performance.now());
  }

  faulted(kind: string): void {
    this.#faults.push({ kind, at: performance.now() });
  }

  /** One a fault; a stall in which two of them fall counts for both. */
  recoveries(): readonly Recovery[] {
    return this.#faults.map(({ kind, at }, index) => {
      const until = Math.min(at + WINDOW_MS, this.#faults[index + 1]?.at ?? Infinity);
      // What stands still only from the next fault on is that one's.
      const first = this.#stalls().find(({ from, to }) => Math.min(to, until) - Math.max(from, at) > STALL_MS);
      return { kind, ms: first === undefined ? 0 : first.to - at };
    });
  }

  summary(): string {
    const sorted = this.recoveries().toSorted((a, b) => a.ms - b.ms);
    const at = (share: number): string =>
      (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]?.ms ?? 0).toFixed(0);
    const worst = sorted.slice(-3).map(({ kind, ms }) => `${kind} ${ms.toFixed(0)} ms`);
    const stalls = this.#stalls().map(({ from, to }) => to - from);
    return (
      `recovery p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, worst: ${worst.toReversed().join(", ")}; ` +
      `${stalls.length} stalls over ${STALL_MS} ms, the longest ${Math.max(0, ...stalls).toFixed(0)} ms`
    );
  }

  #stalls(): readonly { readonly from: number; readonly to: number }[] {
    return this.#ends
      .slice(1)
      .map((to, index) => ({ from: this.#ends[index] ?? to, to }))
      .filter(({ from, to }) => to - from > STALL_MS);
  }
}
