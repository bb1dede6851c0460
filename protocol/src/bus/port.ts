/**
 * The thin port to NATS. `nats.ts` is its one implementation and the only file that imports the client library, so that moving to
 * another client is one file.
 */

export interface BusMessage {
  readonly subject: string;
  readonly data: Uint8Array;
  /** Where to answer, or empty. */
  readonly reply: string;
  /** A header's value by exact lower- or mixed-case name as sent, or empty. */
  header(name: string): string;
  /** Set by the server instead of a body: 404, 408, 503 …; 0 when the message is an ordinary one. */
  readonly status: number;
}

export interface PublishOptions {
  readonly reply?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface BusSubscription {
  unsubscribe(): void;
}

export type BusStatus = "connected" | "disconnected" | "closed";

export interface Bus extends AsyncDisposable {
  /** Buffered; throws only when the connection is closed for good or the message is above `maxPayload`. */
  publish(subject: string, data: Uint8Array, options?: PublishOptions): void;
  /** `queue`: members of one queue group share the messages. */
  subscribe(
    subject: string,
    handler: (message: BusMessage) => void,
    options?: { readonly queue?: string },
  ): BusSubscription;
  /**
   * One answer, over one shared inbox (7–9 µs a call where the library's own `request` takes 35–57).
   * @throws {BusTimeoutError} when none came in `timeoutMs`, or at once when the connection is down or goes down meanwhile. @throws {NoRespondersError} when nobody listens.
   */
  request(subject: string, data: Uint8Array, options: RequestOptions): Promise<BusMessage>;
  /**
   * Many answers to one request, until `handler` returns true ("that was the last"), over the shared inbox.
   * @throws {BusTimeoutError} when `timeoutMs` pass without an answer.
   */
  requestMany(
    subject: string,
    data: Uint8Array,
    options: RequestOptions,
    handler: (message: BusMessage) => boolean,
  ): Promise<void>;
  /** Resolves when the server has everything that was published before. */
  flush(): Promise<void>;
  /** Largest message that the server takes, in bytes. */
  readonly maxPayload: number;
  readonly status: BusStatus;
  /** Called on every change of status, until the returned function is called. */
  onStatus(listener: (status: BusStatus) => void): () => void;
  /** Sends what is buffered and closes. Idempotent. */
  close(): Promise<void>;
}

export interface RequestOptions {
  readonly timeoutMs: number;
  readonly headers?: Readonly<Record<string, string>>;
}

export class BusTimeoutError extends Error {
  override readonly name = "BusTimeoutError";
}

export class NoRespondersError extends Error {
  override readonly name = "NoRespondersError";
}
