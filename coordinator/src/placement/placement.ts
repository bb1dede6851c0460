/** Spreads pipelines over the living coordinators: who is not preferred for one waits a little before it takes it, and hands it over later. */
import { scopeKey, type Scope } from "@troupe/protocol";
import type { Presence } from "./presence.ts";
import { rank } from "./preference.ts";

/** What a coordinator that is not the preferred one waits after a pipeline has become free. */
const NOT_PREFERRED_MS = 500;
/** Pipelines are handed over when the same coordinators have lived for so long, and one after another. */
const SETTLED_MS = 5_000;
const BETWEEN_HANDOVERS_MS = 500;

/** Of one coordinator's process, for all pipelines. */
export class Placement {
  readonly #presence: Presence;
  /** For which coordinators a pipeline was handed over: when it comes back, the preferred one cannot serve it. */
  readonly #handedOver = new Map<string, string>();
  #lastHandover = -Infinity;

  constructor(presence: Presence) {
    this.#presence = presence;
  }

  /** How long to wait, once the pipeline is free, before trying to own it. */
  delayMs(scope: Scope): number {
    return this.#isPreferred(scope) ? 0 : NOT_PREFERRED_MS;
  }

  /** Whether the pipeline is to be handed over now; it then counts as handed over. */
  takeHandover(scope: Scope): boolean {
    const now = performance.now();
    if (now - this.#presence.settledSince < SETTLED_MS || now - this.#lastHandover < BETWEEN_HANDOVERS_MS) return false;
    const key = scopeKey(scope);
    const living = this.#presence.living.join(" ");
    if (this.#isPreferred(scope) || this.#handedOver.get(key) === living) return false;
    this.#handedOver.set(key, living);
    this.#lastHandover = now;
    return true;
  }

  forget(scope: Scope): void {
    this.#handedOver.delete(scopeKey(scope));
  }

  #isPreferred(scope: Scope): boolean {
    const { self, living } = this.#presence;
    return rank(scopeKey(scope), living)[0] === self;
  }
}
