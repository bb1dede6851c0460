import type { MessagePort } from "node:worker_threads";
import type { FromHost } from "./protocol.ts";

/**
 * Gathers messages to the agent and posts them together. Whoever is about to call user code flushes first: a module that
 * blocks the thread must not hold back the results of those before it.
 */
export class HostOutbox {
  readonly #port: Pick<MessagePort, "postMessage">;
  #pending: FromHost[] = [];
  #transfers: ArrayBuffer[] = [];
  #scheduled = false;

  constructor(port: Pick<MessagePort, "postMessage">) {
    this.#port = port;
  }

  /** @param transfer memory that moves to the agent instead of being copied. */
  send(message: FromHost, transfer?: ArrayBuffer): void {
    this.#pending.push(message);
    if (transfer !== undefined) this.#transfers.push(transfer);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.flush();
    });
  }

  flush(): void {
    if (this.#pending.length === 0) return;
    const [messages, transfers] = [this.#pending, this.#transfers];
    this.#pending = [];
    this.#transfers = [];
    this.#port.postMessage(messages, transfers);
  }
}
