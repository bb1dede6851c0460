/** Many requests over one inbox, without an object of the library's for each: what makes a request cost 7 µs and not 50. */
import {
  BusTimeoutError,
  NoRespondersError,
  type BusMessage,
  type PublishOptions,
  type RequestOptions,
} from "./port.ts";

type Send = (subject: string, data: Uint8Array, options: PublishOptions) => void;

interface Pending {
  readonly subject: string;
  readonly timeoutMs: number;
  readonly handler: (message: BusMessage) => boolean;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  /** Monotonic milliseconds after which nobody waits any more. */
  deadlineAt: number;
}

export class Requests {
  readonly #inbox: string;
  readonly #send: Send;
  readonly #pending = new Map<string, Pending>();
  /** One for all of them: it rings when the first time-out may be over, and almost never finds one that is. */
  #timer: NodeJS.Timeout | undefined;
  #ringsAt = Number.POSITIVE_INFINITY;
  #next = 0;
  #closed = false;

  constructor(inbox: string, send: Send) {
    this.#inbox = inbox;
    this.#send = send;
  }

  async one(subject: string, data: Uint8Array, options: RequestOptions): Promise<BusMessage> {
    let answer: BusMessage | undefined;
    await this.many(subject, data, options, (message) => {
      answer = message;
      return true;
    });
    if (answer === undefined) throw new BusTimeoutError(`no answer on ${subject}`);
    return answer;
  }

  many(
    subject: string,
    data: Uint8Array,
    options: RequestOptions,
    handler: (message: BusMessage) => boolean,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(new BusTimeoutError(`the connection is closed; nothing was asked on ${subject}`));
        return;
      }
      const token = (this.#next++).toString(36);
      const { timeoutMs } = options;
      const deadlineAt = performance.now() + timeoutMs;
      this.#pending.set(token, { subject, timeoutMs, handler, resolve, reject, deadlineAt });
      this.#ringAt(deadlineAt);
      try {
        const headers = options.headers === undefined ? {} : { headers: options.headers };
        this.#send(subject, data, { reply: `${this.#inbox}.${token}`, ...headers });
      } catch (error) {
        this.#settle(token, (request) => {
          request.reject(error instanceof Error ? error : new Error(String(error)));
        });
      }
    });
  }

  receive(message: BusMessage): void {
    const token = message.subject.slice(this.#inbox.length + 1);
    const pending = this.#pending.get(token);
    if (pending === undefined) return; // late: its request has already ended
    if (message.status === 503) {
      this.#settle(token, ({ reject, subject }) => {
        reject(new NoRespondersError(`nobody listens on ${subject}`));
      });
      return;
    }
    if (pending.handler(message))
      this.#settle(token, ({ resolve }) => {
        resolve();
      });
    else pending.deadlineAt = performance.now() + pending.timeoutMs;
  }

  /** The connection was lost: what was asked over it will not be answered, so nobody need wait for a time-out. */
  interrupt(): void {
    this.#rejectAll("was lost");
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#rejectAll("was closed");
  }

  #rejectAll(what: string): void {
    for (const token of [...this.#pending.keys()]) {
      this.#settle(token, ({ reject, subject }) => {
        reject(new BusTimeoutError(`the connection ${what} while waiting for an answer on ${subject}`));
      });
    }
  }

  #ringAt(at: number): void {
    if (at >= this.#ringsAt) {
      this.#timer?.ref();
      return;
    }
    clearTimeout(this.#timer);
    this.#ringsAt = at;
    this.#timer = setTimeout(
      () => {
        this.#ringsAt = Number.POSITIVE_INFINITY;
        this.#expire(performance.now());
      },
      Math.max(0, at - performance.now()),
    );
  }

  #expire(now: number): void {
    let next = Number.POSITIVE_INFINITY;
    for (const [token, { deadlineAt }] of this.#pending) {
      if (deadlineAt > now) next = Math.min(next, deadlineAt);
      else
        this.#settle(token, ({ reject, subject, timeoutMs }) => {
          reject(new BusTimeoutError(`no answer on ${subject} within ${timeoutMs} ms`));
        });
    }
    if (next < Number.POSITIVE_INFINITY) this.#ringAt(next);
  }

  #settle(token: string, end: (pending: Pending) => void): void {
    const pending = this.#pending.get(token);
    if (pending === undefined) return;
    this.#pending.delete(token);
    // What is left of a time-out that nobody waits for keeps no process alive.
    if (this.#pending.size === 0) this.#timer?.unref();
    end(pending);
  }
}
