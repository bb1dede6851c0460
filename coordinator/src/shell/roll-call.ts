/**
 * What replicas say, heard once for each coordinator: a standby notes from their beats which of them live, whom a takeover then waits for; an owner
 * hears all of it.
 */
import {
  EnvelopeError,
  decodeUp,
  subjectsOf,
  type Bus,
  type BusMessage,
  type BusSubscription,
  type Scope,
  type UpBatch,
} from "@troupe/protocol";
import type { ReplicaKey } from "../core/takeover.ts";
import type { Log } from "./log.ts";

/** Beats come every second; who was silent for longer than a lease is not waited for. */
const RECENT_MS = 2_500;

export class RollCall implements Disposable {
  readonly #log: Log;
  readonly #heard = new Map<ReplicaKey, number>();
  readonly #subscription: BusSubscription;
  #listener: ((batch: UpBatch) => void) | undefined;

  constructor(bus: Bus, scope: Scope, log: Log) {
    this.#log = log;
    this.#subscription = bus.subscribe(subjectsOf(scope).ups, (message) => {
      this.#hear(message);
    });
  }

  get present(): ReplicaKey[] {
    const since = performance.now() - RECENT_MS;
    return [...this.#heard].filter(([, at]) => at > since).map(([key]) => key);
  }

  /** The owner hears all that is said until it unsubscribes. There is one owner at a time. */
  listen(listener: (batch: UpBatch) => void): BusSubscription {
    this.#listener = listener;
    return {
      unsubscribe: () => {
        if (this.#listener === listener) this.#listener = undefined;
      },
    };
  }

  [Symbol.dispose](): void {
    this.#subscription.unsubscribe();
  }

  #hear(message: BusMessage): void {
    const batch = this.#read(message);
    if (batch === undefined) return;
    const key: ReplicaKey = `${batch.from.group}/${batch.from.replica}`;
    if (batch.messages.some(({ type }) => type === "gone")) this.#heard.delete(key);
    else if (batch.messages.some(({ type }) => type === "beat")) this.#heard.set(key, performance.now());
    this.#listener?.(batch);
  }

  /** A standby only listens; the owner says what cannot be read. */
  #read({ data, subject }: BusMessage): UpBatch | undefined {
    try {
      return decodeUp(data);
    } catch (error) {
      if (!(error instanceof EnvelopeError)) throw error;
      if (this.#listener !== undefined)
        this.#log.warn("a message that is none was ignored", { subject, error: error.message });
      return undefined;
    }
  }
}
