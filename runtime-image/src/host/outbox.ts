import type { MessagePort } from "node:worker_threads";
import type { FromHost } from "./protocol.ts";

/** Posted so long after the last ones, a message need not wait for company. */
const IDLE_MS = 1;

/**
 * Gathers messages to the agent and posts them together. Whoever is about to call user code flushes first: a module that
 * blocks the thread must not hold back the results of those before it.
 */
export class HostOutbox {
  readonly #port: Pick<MessagePort, "postMessage">;
  #pending: FromHost[] = [];
  #transfers: ArrayBuffer[] = [];
  #scheduled = false;
  #flushedAt = -Infinity;

  constructor(port: Pick<MessagePort, "postMessage">) {
    this.#port = port;
  }

  /** @param transfer memory that moves to the agent instead of being copied. */
  send(message: FromHost, transfer?: ArrayBuffer): void {
    this.#pending.push(message);
    if (transfer !== undefined) this.#transfers.push(transfer);
    if (this.#scheduled) return;
    this.#scheduled = true;
    const flush = (): void => {
      this.#scheduled = false;
      this.flush();
    };
    if (performance.now() - this.#flushedAt > IDLE_MS) queueMicrotask(flush);
    else setImmediate(flush);
  }

  flush(): void {
    if (this.#pending.length === 0) return;
    const [messages, transfers] = [this.#pending, this.#transfers];
    this.#pending = [];
    this.#transfers = [];
    this.#flushedAt = performance.now();
    this.#port.postMessage(messages, transfers);
  }
}
