/** How long nobody who owns the pipeline has answered, not counting time in which this process itself did not run. */
export class Silence {
  #silentMs = 0;
  #lastAt: number;
  #why = "nobody answers";

  constructor(nowMs: number) {
    this.#lastAt = nowMs;
  }

  /** An owner answered, or nothing is being waited for. */
  end(): void {
    this.#silentMs = 0;
    this.#why = "nobody answers";
  }

  /** Remembers the latest sign of why nothing comes: for the error's text. */
  because(why: string): void {
    this.#why = why;
  }

  /**
   * Counts what passed since the last call, at most `stepMs` of it: more means that this process was frozen, which says
   * nothing about the others.
   * @returns the silence so far, in milliseconds
   */
  measure(nowMs: number, stepMs: number): number {
    this.#silentMs += Math.min(nowMs - this.#lastAt, stepMs);
    this.#lastAt = nowMs;
    return this.#silentMs;
  }

  get why(): string {
    return this.#why;
  }
}
