/**
 * Tells a NATS server that takes nothing from one that is away. When its disk is full (or broken) nats-server goes on to read, but leaves what is
 * to be written without an answer until it is restarted, even when there is room again. Then nothing confirms the owner, and it must be silent
 * about jobs (E8); but whoever submits can be told why.
 */
import { readOwner, type Bus, type Scope } from "@troupe/protocol";
import type { Election } from "./election.ts";
import type { Log } from "./log.ts";

/** Longer than another coordinator would take to write its lease over one that does not move. */
const PATIENCE_MS = 4_000;
const ASK_EVERY_MS = 1_000;
const ASK_TIMEOUT_MS = 1_000;

export interface WriteWatchOptions {
  readonly bus: Bus;
  readonly scope: Scope;
  /** Of the lease. */
  readonly holder: string;
  readonly election: Election;
  readonly log: Log;
}

export class WriteWatch {
  readonly #options: WriteWatchOptions;
  #asked: { readonly at: number; readonly answer: Promise<boolean> } | undefined;
  #isStuck = false;

  constructor(options: WriteWatchOptions) {
    this.#options = options;
  }

  /** Whether NATS answers, says that nobody else owns, and yet takes nothing. */
  async isStuck(): Promise<boolean> {
    const at = performance.now();
    if (this.#asked === undefined || at - this.#asked.at > ASK_EVERY_MS) this.#asked = { at, answer: this.#ask() };
    return this.#asked.answer;
  }

  async #ask(): Promise<boolean> {
    const { bus, scope, holder, election, log } = this.#options;
    const unconfirmed = (): boolean => election.unconfirmedMs > PATIENCE_MS;
    const lease = unconfirmed() ? await leaseIn(bus, scope) : undefined;
    const isStuck = lease?.holder === holder && unconfirmed();
    if (isStuck && !this.#isStuck)
      log.error("NATS takes nothing: its disk may be full", {
        pipeline: scope.pipeline,
        hint: "make room on the disk of the NATS server, and restart it",
      });
    this.#isStuck = isStuck;
    return isStuck;
  }
}

/** Undefined: NATS does not answer. */
async function leaseIn(bus: Bus, scope: Scope): Promise<{ readonly holder: string } | null | undefined> {
  try {
    return (await readOwner(bus, scope, ASK_TIMEOUT_MS)).lease;
  } catch {
    return undefined; // away, or not asked: that is no full disk
  }
}
