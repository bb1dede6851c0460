/** An incarnation that was cut off from NATS may have a successor: it begins nothing more before the registry has said that it counts. */
import { encodeJson, groupSubjectsOf, parseRegistryReply, type Bus, type Scope } from "@troupe/protocol";

const LOOK_MS = 500;
/** Shorter than the lease after which a successor begins. */
const CUT_OFF_MS = 3_000;
const CONFIRM_MS = 2_000;

export interface CutOffOptions {
  readonly bus: Bus;
  readonly scope: Scope;
  readonly actor: string;
  readonly incarnation: number;
  readonly agent: { pause(): void; resume(): void };
}

export class CutOff {
  readonly #options: CutOffOptions;
  #heardAt = performance.now();
  #isPaused = false;
  #isLooking = false;

  constructor(options: CutOffOptions) {
    this.#options = options;
  }

  watch(): void {
    setInterval(() => {
      if (performance.now() - this.#heardAt > CUT_OFF_MS) this.#pause();
      void this.#look();
    }, LOOK_MS).unref();
  }

  #pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#options.agent.pause();
  }

  /** Whether NATS answers; after a pause, whether the registry does. */
  async #look(): Promise<void> {
    if (this.#isLooking || this.#options.bus.status !== "connected") return;
    this.#isLooking = true;
    try {
      await this.#options.bus.flush();
      if (this.#isPaused && !(await this.#isConfirmed())) return;
      this.#heardAt = performance.now();
      if (!this.#isPaused) return;
      this.#isPaused = false;
      this.#options.agent.resume();
    } catch {
      // Not heard: looked again soon.
    } finally {
      this.#isLooking = false;
    }
  }

  async #isConfirmed(): Promise<boolean> {
    const { bus, scope, actor, incarnation } = this.#options;
    const request = encodeJson({ op: "find", id: actor });
    const { data } = await bus.request(groupSubjectsOf(scope).registry, request, { timeoutMs: CONFIRM_MS });
    const reply = parseRegistryReply(data);
    const [info] = reply.ok ? reply.actors : [];
    const counts = info?.incarnation === incarnation && (info.status === "alive" || info.status === "starting");
    // It has a successor, or nobody wants it any more. Its nursery is told the same, and may be cut off itself.
    if (!counts) process.exit(1);
    return true;
  }
}
