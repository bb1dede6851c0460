/** Spreads pipelines over the living coordinators: who is not preferred for one waits a little before it takes it, and hands it over later. */
import { scopeKey, type Scope } from "@troupe/protocol";
import type { Presence } from "./presence.ts";
import { rank } from "./preference.ts";

/** What a coordinator that is not the preferred one waits after a pipeline has become free. */
const NOT_PREFERRED_MS = 500;
/** Pipelines are handed over when the same coordinators have lived for so long, and one after another. */
const SETTLED_MS = 5_000;
const BETWEEN_HANDOVERS_MS = 500;
/** What was handed over is left to the other for so long, however slow it is to take it. */
const LEFT_MS = 3_000;
/** One that came back is handed over again to the same coordinators no sooner: the preferred one cannot serve it. */
const AGAIN_MS = 30_000;

/** Of one coordinator's process, for all pipelines. */
export class Placement {
  readonly #presence: Presence;
  /** When a pipeline was last handed over, and who lived then. */
  readonly #handedOver = new Map<string, { readonly living: string; readonly at: number }>();
  #lastHandover = -Infinity;

  constructor(presence: Presence) {
    this.#presence = presence;
  }

  /** How long to wait, once the pipeline is free, before trying to own it. */
  delayMs(scope: Scope): number {
    if (this.#isPreferred(scope)) return 0;
    const handedOverAt = this.#handedOver.get(scopeKey(scope))?.at ?? -Infinity;
    return performance.now() - handedOverAt < AGAIN_MS ? LEFT_MS : NOT_PREFERRED_MS;
  }

  /** Whether the pipeline is to be handed over now; it then counts as handed over. */
  takeHandover(scope: Scope): boolean {
    const now = performance.now();
    if (now - this.#presence.settledSince < SETTLED_MS || now - this.#lastHandover < BETWEEN_HANDOVERS_MS) return false;
    const key = scopeKey(scope);
    const living = this.#presence.living.join(" ");
    const last = this.#handedOver.get(key);
    const isTooSoon = last?.living === living && now - last.at < AGAIN_MS;
    if (this.#isPreferred(scope) || isTooSoon) return false;
    this.#handedOver.set(key, { living, at: now });
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
