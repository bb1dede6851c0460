/**
 * A connection that another thread holds, over a message port: {@link serveBus} on the thread that holds it, {@link PortBus} on the one that
 * uses it. So user code can block without the connection noticing.
 */
import type { MessagePort } from "node:worker_threads";
import { Requests } from "./requests.ts";
import type { Bus, BusMessage, BusStatus, BusSubscription, PublishOptions, RequestOptions } from "./port.ts";

type ToHolder =
  | { readonly t: "publish"; readonly subject: string; readonly data: Uint8Array; readonly options?: PublishOptions }
  | { readonly t: "subscribe"; readonly id: number; readonly subject: string; readonly queue?: string }
  | { readonly t: "unsubscribe"; readonly id: number }
  | { readonly t: "flush"; readonly id: number };

type ToUser =
  | {
      readonly t: "message";
      readonly id: number;
      readonly subject: string;
      readonly data: Uint8Array;
      readonly reply: string;
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
    }
  | { readonly t: "status"; readonly status: BusStatus; readonly maxPayload: number }
  | { readonly t: "flushed"; readonly id: number };

/** Headers that somebody on the other side reads. */
const HEADERS = ["Nats-Sequence", "Nats-Subject"];

/** Serves one user of `bus` until its port closes. */
export function serveBus(bus: Bus, port: MessagePort): void {
  const subscriptions = new Map<number, BusSubscription>();
  const outgoing = new Batches<ToUser>((batch) => {
    port.postMessage(batch);
  });
  const sayStatus = (status: BusStatus): void => {
    outgoing.add({ t: "status", status, maxPayload: bus.maxPayload });
  };
  const receive = (message: ToHolder): void => {
    switch (message.t) {
      case "publish":
        if (bus.status !== "closed") bus.publish(message.subject, message.data, message.options);
        return;
      case "subscribe": {
        const { id, subject, queue } = message;
        const hear = (heard: BusMessage): void => {
          outgoing.add(copyOf(id, heard));
        };
        subscriptions.set(id, bus.subscribe(subject, hear, queue === undefined ? {} : { queue }));
        return;
      }
      case "unsubscribe":
        subscriptions.get(message.id)?.unsubscribe();
        subscriptions.delete(message.id);
        return;
      case "flush":
        bus.flush().then(
          () => {
            outgoing.add({ t: "flushed", id: message.id });
          },
          () => undefined, // the connection is lost: whoever waits hears that by its status
        );
        return;
    }
  };
  const unlisten = bus.onStatus(sayStatus);
  port.on("message", (batch: readonly ToHolder[]) => {
    for (const message of batch) receive(message);
  });
  port.on("close", () => {
    unlisten();
    for (const subscription of subscriptions.values()) subscription.unsubscribe();
  });
  sayStatus(bus.status);
}

/** Bytes of their own: a clone of a view would carry the whole buffer that it looks into. */
function copyOf(id: number, message: BusMessage): ToUser {
  const { subject, data, reply, status } = message;
  const headers: Record<string, string> = {};
  for (const name of HEADERS) {
    const value = message.header(name);
    if (value !== "") headers[name] = value;
  }
  return { t: "message", id, subject, data: new Uint8Array(data), reply, status, headers };
}

export class PortBus implements Bus {
  readonly #port: MessagePort;
  readonly #requests: Requests;
  readonly #outgoing: Batches<ToHolder>;
  readonly #handlers = new Map<number, (message: BusMessage) => void>();
  readonly #listeners = new Set<(status: BusStatus) => void>();
  readonly #flushes = new Map<number, () => void>();
  #next = 1;
  #status: BusStatus = "connected";
  #maxPayload: number;

  /** @param inbox a subject of its own, for answers. */
  constructor(port: MessagePort, { inbox, maxPayload }: { readonly inbox: string; readonly maxPayload: number }) {
    this.#port = port;
    this.#maxPayload = maxPayload;
    this.#outgoing = new Batches<ToHolder>((batch) => {
      port.postMessage(batch);
    });
    this.#requests = new Requests(inbox, (subject, data, options) => {
      this.publish(subject, data, options);
    });
    port.on("message", (batch: readonly ToUser[]) => {
      for (const message of batch) this.#receive(message);
    });
    this.subscribe(`${inbox}.*`, (message) => {
      this.#requests.receive(message);
    });
  }

  get maxPayload(): number {
    return this.#maxPayload;
  }

  get status(): BusStatus {
    return this.#status;
  }

  publish(subject: string, data: Uint8Array, options?: PublishOptions): void {
    this.#outgoing.add({ t: "publish", subject, data, ...(options === undefined ? {} : { options }) });
  }

  subscribe(subject: string, handler: (message: BusMessage) => void, options?: { queue?: string }): BusSubscription {
    const id = this.#next++;
    this.#handlers.set(id, handler);
    this.#outgoing.add({ t: "subscribe", id, subject, ...options });
    return {
      unsubscribe: () => {
        this.#handlers.delete(id);
        if (this.#status !== "closed") this.#outgoing.add({ t: "unsubscribe", id });
      },
    };
  }

  async request(subject: string, data: Uint8Array, options: RequestOptions): Promise<BusMessage> {
    return this.#requests.one(subject, data, options);
  }

  async requestMany(
    subject: string,
    data: Uint8Array,
    options: RequestOptions,
    handler: (message: BusMessage) => boolean,
  ): Promise<void> {
    await this.#requests.many(subject, data, options, handler);
  }

  async flush(): Promise<void> {
    const id = this.#next++;
    this.#outgoing.add({ t: "flush", id });
    await new Promise<void>((resolve) => {
      this.#flushes.set(id, resolve);
    });
  }

  onStatus(listener: (status: BusStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Closes the port; the connection belongs to the thread that holds it. */
  async close(): Promise<void> {
    if (this.#status === "closed") return;
    this.#outgoing.flush();
    this.#setStatus("closed");
    this.#requests.close();
    this.#port.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #receive(message: ToUser): void {
    switch (message.t) {
      case "message": {
        const { subject, data, reply, status, headers } = message;
        const header = (name: string): string => headers[name] ?? "";
        this.#handlers.get(message.id)?.({ subject, data, reply, status, header });
        return;
      }
      case "status":
        this.#maxPayload = message.maxPayload;
        this.#setStatus(message.status);
        return;
      case "flushed":
        this.#flushes.get(message.id)?.();
        this.#flushes.delete(message.id);
        return;
    }
  }

  #setStatus(status: BusStatus): void {
    if (status === this.#status) return;
    this.#status = status;
    if (status === "disconnected") this.#requests.interrupt();
    for (const listener of this.#listeners) listener(status);
  }
}

/** What is said within one turn goes over the port at once. */
class Batches<Message> {
  readonly #post: (batch: readonly Message[]) => void;
  #batch: Message[] = [];

  constructor(post: (batch: readonly Message[]) => void) {
    this.#post = post;
  }

  add(message: Message): void {
    this.#batch.push(message);
    if (this.#batch.length > 1) return;
    queueMicrotask(() => {
      this.flush();
    });
  }

  flush(): void {
    if (this.#batch.length === 0) return;
    const batch = this.#batch;
    this.#batch = [];
    this.#post(batch);
  }
}
