/** Whether an actor's thread comes to rest now and then: one that computes without a pause is blocked, and its other calls wait. */

/** What is watched: `turns` rises whenever the thread takes an order, and a ping is one. */
export interface Watched {
  readonly turns: number;
  post(order: { readonly t: "ping" }): void;
}

/** Shorter than this is no blocking. */
const BLOCKED_MS = 1_000;

export class Blocking {
  readonly #watched: Watched;
  #turns = 0;
  #askedAt: number | undefined;

  constructor(watched: Watched) {
    this.#watched = watched;
  }

  /** Called every tick. */
  look(now: number, running: number): void {
    const { turns } = this.#watched;
    if (turns !== this.#turns) {
      this.#turns = turns;
      this.#askedAt = undefined;
    }
    if (running === 0) this.#askedAt = undefined;
    else if (this.#askedAt === undefined) {
      this.#askedAt = now;
      this.#watched.post({ t: "ping" });
    }
  }

  /** For how long the thread has not come to rest; 0: it has. */
  blockedMs(now: number): number {
    if (this.#askedAt === undefined || this.#watched.turns !== this.#turns) return 0;
    const sinceMs = now - this.#askedAt;
    return sinceMs < BLOCKED_MS ? 0 : Math.round(sinceMs);
  }
}
