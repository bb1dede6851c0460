/** The port to NATS over the `nats` client: the only file that imports it. */
import type * as NatsLibrary from "nats";
import type { ConnectionOptions, Msg, NatsConnection } from "nats";
import { readFileSync } from "node:fs";
import {
  BusTimeoutError,
  type Bus,
  type BusMessage,
  type BusStatus,
  type BusSubscription,
  type PublishOptions,
  type RequestOptions,
} from "./port.ts";
import { ConnectError, describeConnectFailure } from "./connect-error.ts";
import { publishCommand } from "./nats-command.ts";
import { ShortWay } from "./nats-short-way.ts";
import { Requests } from "./requests.ts";

export interface ConnectOptions {
  /** `nats://host:port`, or several with commas. */
  readonly url: string;
  /** Name of the connection, for the server's monitoring. */
  readonly name: string;
  /** Path of a credentials file. */
  readonly creds?: string;
  /** How long the first connection may take. Default 5,000. Later ones are tried for ever. */
  readonly timeoutMs?: number;
  /** Prefix of the inbox, where permissions want one of its own. */
  readonly inboxPrefix?: string;
}

/** The library itself. Loaded with the first connection: hosts and commands that never connect need not pay for it. */
type Library = Pick<typeof NatsLibrary, "createInbox" | "headers" | "Events">;

/** @throws {ConnectError} saying which address was tried and what would help. */
export async function connectBus(options: ConnectOptions): Promise<Bus> {
  // By its default export: a bundler gives a CommonJS library that is imported lazily no other.
  const { default: nats } = await import("nats");
  const settings: ConnectionOptions = {
    servers: options.url.split(","),
    name: options.name,
    timeout: options.timeoutMs ?? 10_000,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 100,
    reconnectJitter: 50,
    pingInterval: 5_000,
    maxPingOut: 3,
    noEcho: false,
    ...(options.inboxPrefix === undefined ? {} : { inboxPrefix: options.inboxPrefix }),
    // Credentials are changed while the process runs: refused ones may be good after the next look at the file.
    ignoreAuthErrorAbort: true,
    ...(options.creds === undefined ? {} : { authenticator: nats.credsAuthenticator(credentialsIn(options.creds)) }),
  };
  let connection: NatsConnection;
  try {
    connection = await nats.connect(settings);
  } catch (cause) {
    throw new ConnectError(describeConnectFailure(options.url, cause), { cause });
  }
  return new NatsBus(nats, connection, options.inboxPrefix);
}

/** Read with every connection. While the file is being replaced, what it held before has to do. */
function credentialsIn(path: string): () => Uint8Array {
  let last: Uint8Array | undefined;
  return () => {
    try {
      // The library takes a file whose last line has no end for a bad one.
      last = Buffer.concat([readFileSync(path), Buffer.from("\n")]);
    } catch (error) {
      if (last === undefined) throw error;
    }
    return last;
  };
}

class NatsBus implements Bus {
  readonly #library: Library;
  readonly #connection: NatsConnection;
  readonly #requests: Requests;
  readonly #shortWay: ShortWay | undefined;
  readonly #listeners = new Set<(status: BusStatus) => void>();
  #status: BusStatus = "connected";
  #closing: Promise<void> | undefined;

  constructor(library: Library, connection: NatsConnection, inboxPrefix: string | undefined) {
    this.#library = library;
    this.#connection = connection;
    this.#shortWay = ShortWay.of(connection);
    this.#shorten();
    const inbox = library.createInbox(inboxPrefix);
    this.#requests = new Requests(inbox, (subject, data, options) => {
      this.publish(subject, data, options);
    });
    this.subscribe(`${inbox}.*`, (message) => {
      this.#requests.receive(message);
    });
    void this.#watchStatus();
    void connection.closed().then(() => {
      this.#setStatus("closed");
      this.#requests.close();
    });
  }

  get maxPayload(): number {
    return this.#connection.info?.max_payload ?? 1024 * 1024;
  }

  get status(): BusStatus {
    return this.#status;
  }

  publish(subject: string, data: Uint8Array, options?: PublishOptions): void {
    const command = this.#shortWay === undefined ? undefined : this.#commandOf(subject, data, options);
    if (command === undefined) this.#publishLong(subject, data, options);
    else this.#shortWay?.send(command);
  }

  /** Undefined: the library is to say what is wrong with it. */
  #commandOf(subject: string, data: Uint8Array, options?: PublishOptions): readonly Uint8Array[] | undefined {
    const { info } = this.#connection;
    if (info?.headers !== true) return undefined;
    const command = publishCommand(subject, data, options);
    const bytes = command?.reduce((sum, part) => sum + part.byteLength, 0) ?? 0;
    // A little more than what counts; the library judges what is near the limit.
    return bytes > info.max_payload ? undefined : command;
  }

  #publishLong(subject: string, data: Uint8Array, options?: PublishOptions): void {
    if (options === undefined) {
      this.#connection.publish(subject, data);
      return;
    }
    const reply = options.reply === undefined ? {} : { reply: options.reply };
    if (options.headers === undefined) {
      this.#connection.publish(subject, data, reply);
      return;
    }
    const headers = this.#library.headers();
    for (const [name, value] of Object.entries(options.headers)) headers.set(name, value);
    this.#connection.publish(subject, data, { ...reply, headers });
  }

  subscribe(subject: string, handler: (message: BusMessage) => void, options?: { queue?: string }): BusSubscription {
    const subscription = this.#connection.subscribe(subject, {
      ...(options?.queue === undefined ? {} : { queue: options.queue }),
      callback: (error, message) => {
        if (error === null) guarded(handler, new NatsMessage(message));
      },
    });
    return {
      unsubscribe: () => {
        if (!this.#connection.isClosed()) subscription.unsubscribe();
      },
    };
  }

  async request(subject: string, data: Uint8Array, options: RequestOptions): Promise<BusMessage> {
    this.#assertConnected(subject);
    return this.#requests.one(subject, data, options);
  }

  async requestMany(
    subject: string,
    data: Uint8Array,
    options: RequestOptions,
    handler: (message: BusMessage) => boolean,
  ): Promise<void> {
    this.#assertConnected(subject);
    await this.#requests.many(subject, data, options, handler);
  }

  async flush(): Promise<void> {
    await this.#connection.flush();
  }

  onStatus(listener: (status: BusStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** What is written while the client dials is dropped when it has connected: nobody would ever answer. */
  #assertConnected(subject: string): void {
    if (this.#status !== "connected")
      throw new BusTimeoutError(`not connected to NATS: nothing was asked on ${subject}`);
  }

  async #close(): Promise<void> {
    // A drain waits for the server; when it is away, waiting would never end.
    if (this.#status === "connected") {
      const sent = this.#connection.flush().catch(() => undefined);
      await Promise.race([sent, new Promise((resolve) => setTimeout(resolve, 500).unref())]);
    }
    await this.#connection.close();
  }

  async #watchStatus(): Promise<void> {
    for await (const { type } of this.#connection.status()) {
      if (type === this.#library.Events.Disconnect) {
        this.#requests.interrupt();
        this.#setStatus("disconnected");
      }
      if (type === this.#library.Events.Reconnect) {
        this.#shorten();
        this.#setStatus("connected");
      }
    }
  }

  #shorten(): void {
    setImmediate(() => {
      if (!this.#connection.isClosed()) this.#shortWay?.take();
    });
  }

  #setStatus(status: BusStatus): void {
    if (status === this.#status) return;
    this.#status = status;
    for (const listener of this.#listeners) listener(status);
  }
}

/** A handler that throws would end the client's reader and with it the connection, silently. It ends the process instead, loudly. */
function guarded(handler: (message: BusMessage) => void, message: BusMessage): void {
  try {
    handler(message);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

class NatsMessage implements BusMessage {
  readonly #message: Msg;

  constructor(message: Msg) {
    this.#message = message;
  }

  get subject(): string {
    return this.#message.subject;
  }

  get data(): Uint8Array {
    return this.#message.data;
  }

  get reply(): string {
    return this.#message.reply ?? "";
  }

  get status(): number {
    return this.#message.headers?.code ?? 0;
  }

  header(name: string): string {
    return this.#message.headers?.get(name) ?? "";
  }
}
