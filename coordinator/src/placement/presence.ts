/** Which coordinators live: each says so twice a second over core NATS. */
import { COORDINATORS_SUBJECT, type Bus, type BusSubscription } from "@troupe/protocol";

const BEAT_MS = 500;
/** As long as a lease of a pipeline: when that is free, its holder is no longer taken for alive. */
const SILENT_MS = 2_000;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

type Word = "here" | "leaving";

export class Presence implements Disposable {
  readonly #bus: Bus;
  readonly #self: string;
  readonly #subscription: BusSubscription;
  readonly #timer: NodeJS.Timeout;
  readonly #heard = new Map<string, number>();
  #living = "";
  #changedAt = performance.now();

  /** @param self stays over restarts, and no other coordinator has it. */
  constructor(bus: Bus, self: string) {
    this.#bus = bus;
    this.#self = self;
    this.#subscription = bus.subscribe(COORDINATORS_SUBJECT, ({ data }) => {
      this.#hear(decoder.decode(data));
    });
    this.#timer = setInterval(() => {
      this.#say("here");
    }, BEAT_MS);
    this.#say("here");
  }

  get self(): string {
    return this.#self;
  }

  /** Those that live, this one included, in order of their names. */
  get living(): readonly string[] {
    const since = performance.now() - SILENT_MS;
    const others = [...this.#heard].filter(([, at]) => at > since).map(([name]) => name);
    return [...others, this.#self].toSorted();
  }

  /** Monotonic moment since when the same coordinators have lived. */
  get settledSince(): number {
    const living = this.living.join(" ");
    if (living !== this.#living) {
      this.#living = living;
      this.#changedAt = performance.now();
    }
    return this.#changedAt;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#subscription.unsubscribe();
    this.#say("leaving");
  }

  #say(word: Word): void {
    if (this.#bus.status === "connected")
      this.#bus.publish(COORDINATORS_SUBJECT, encoder.encode(`${word} ${this.#self}`));
  }

  #hear(text: string): void {
    const [word, name = ""] = text.split(" ");
    if (name === "" || name === this.#self) return;
    if (word === "leaving") {
      this.#heard.delete(name);
      return;
    }
    const isNew = !this.#heard.has(name);
    this.#heard.set(name, performance.now());
    if (isNew) this.#say("here"); // so that it need not wait to learn of this one
  }
}
