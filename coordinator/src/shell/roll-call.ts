/** Which replicas live, as a standby overhears from their beats: whom a takeover has to wait for. */
import {
  EnvelopeError,
  decodeUp,
  subjectsOf,
  type Bus,
  type BusSubscription,
  type Scope,
  type UpBatch,
} from "@troupe/protocol";
import type { ReplicaKey } from "../core/takeover.ts";

/** Beats come every second; who was silent for longer than a lease is not waited for. */
const RECENT_MS = 2_500;

export class RollCall implements Disposable {
  readonly #heard = new Map<ReplicaKey, number>();
  readonly #subscription: BusSubscription;

  constructor(bus: Bus, scope: Scope) {
    this.#subscription = bus.subscribe(subjectsOf(scope).ups, ({ data }) => {
      const batch = read(data);
      if (batch === undefined) return;
      const key: ReplicaKey = `${batch.from.group}/${batch.from.replica}`;
      if (batch.messages.some(({ type }) => type === "gone")) this.#heard.delete(key);
      else if (batch.messages.some(({ type }) => type === "beat")) this.#heard.set(key, performance.now());
    });
  }

  get present(): ReplicaKey[] {
    const since = performance.now() - RECENT_MS;
    return [...this.#heard].filter(([, at]) => at > since).map(([key]) => key);
  }

  [Symbol.dispose](): void {
    this.#subscription.unsubscribe();
  }
}

function read(data: Uint8Array): UpBatch | undefined {
  try {
    return decodeUp(data);
  } catch (error) {
    if (error instanceof EnvelopeError) return undefined; // the owner says so; a standby only listens
    throw error;
  }
}
