import type { Bus, BusMessage, BusStatus, BusSubscription, PublishOptions, RequestOptions } from "@troupe/protocol";
import type { WriteGate } from "../kube/index.ts";

/**
 * A connection on which nothing is asked for or told unless the gate lets it: NATS does not know who leads. What is frozen between the gate and
 * the wire arrives late still; therefore writes also carry the sequence that they were decided on, and what is purged has a name that comes back
 * no more (the uid is in it), or is purged up to a sequence.
 */
export class GatedBus implements Bus {
  readonly #bus: Bus;
  readonly #gate: WriteGate;

  constructor(bus: Bus, gate: WriteGate) {
    this.#bus = bus;
    this.#gate = gate;
  }

  publish(subject: string, data: Uint8Array, options?: PublishOptions): void {
    this.#gate.check();
    this.#bus.publish(subject, data, options);
  }

  async request(subject: string, data: Uint8Array, options: RequestOptions): Promise<BusMessage> {
    this.#gate.check();
    return this.#bus.request(subject, data, options);
  }

  async requestMany(
    subject: string,
    data: Uint8Array,
    options: RequestOptions,
    handler: (message: BusMessage) => boolean,
  ): Promise<void> {
    this.#gate.check();
    return this.#bus.requestMany(subject, data, options, handler);
  }

  subscribe(
    subject: string,
    handler: (message: BusMessage) => void,
    options?: { readonly queue?: string },
  ): BusSubscription {
    return this.#bus.subscribe(subject, handler, options);
  }

  async flush(): Promise<void> {
    return this.#bus.flush();
  }

  get maxPayload(): number {
    return this.#bus.maxPayload;
  }

  get status(): BusStatus {
    return this.#bus.status;
  }

  onStatus(listener: (status: BusStatus) => void): () => void {
    return this.#bus.onStatus(listener);
  }

  async close(): Promise<void> {
    return this.#bus.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#bus[Symbol.asyncDispose]();
  }
}
