import { encodeUp, type Bus, type Progress, type Speaker, type UpMessage } from "@troupe/protocol";

/** Sent so long after the last batch, a message need not wait for company. */
const IDLE_MS = 1;

/** Sends messages to the owner: at once when there is little to say, else all of one turn of the event loop in one batch. */
export class Uplink {
  readonly #bus: Bus;
  readonly #subject: string;
  readonly #from: Speaker;
  #pending: UpMessage[] = [];
  readonly #progress = new Map<string, Progress>();
  #scheduled = false;
  #flushedAt = -Infinity;

  constructor(bus: Bus, subject: string, from: Speaker) {
    this.#bus = bus;
    this.#subject = subject;
    this.#from = from;
  }

  /** While NATS is away nothing is sent: what matters is kept and sent again, and a beat would be old when it arrives. */
  send(message: UpMessage): void {
    if (this.#bus.status !== "connected") return;
    if (message.type === "progress") this.#progress.set(`${message.lease}/${message.module}`, message);
    else this.#pending.push(message);
    if (this.#scheduled) return;
    this.#scheduled = true;
    const flush = (): void => {
      this.flush();
    };
    if (performance.now() - this.#flushedAt > IDLE_MS) queueMicrotask(flush);
    else setImmediate(flush);
  }

  flush(): void {
    this.#scheduled = false;
    const messages = [...this.#pending, ...this.#progress.values()];
    if (messages.length === 0 || this.#bus.status !== "connected") return;
    this.#pending = [];
    this.#progress.clear();
    this.#flushedAt = performance.now();
    // Every message stays below half of what the server takes (E10).
    const maxBytes = Math.floor(this.#bus.maxPayload / 2);
    for (const data of encodeUp({ from: this.#from, messages }, maxBytes)) this.#bus.publish(this.#subject, data);
  }
}
