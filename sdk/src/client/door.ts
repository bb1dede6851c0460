/** Single questions to the owner: asked until somebody who owns the pipeline answers, or for so long that nobody will. */
import {
  BusTimeoutError,
  Fields,
  NoRespondersError,
  type Bus,
  type BusMessage,
  type DoorOperation,
  type Subjects,
} from "@troupe/protocol";
import { setTimeout as delay } from "node:timers/promises";
import { NoCoordinatorError } from "./errors.ts";
import { BACKOFF_ELSEWHERE_MS, BACKOFF_FIRST_MS } from "./open-job.ts";
import { refusalOf } from "./refusal.ts";

const ANSWER_TIMEOUT_MS = 2_000;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

type Headers = Readonly<Record<string, string>>;

export interface DoorOptions {
  readonly bus: Bus;
  readonly subjects: Subjects;
  /** `namespace/pipeline`, for messages. */
  readonly name: string;
  readonly silenceMs: number;
}

export class Door {
  readonly #options: DoorOptions;

  constructor(options: DoorOptions) {
    this.#options = options;
  }

  /** @throws {RefusedError} what the owner said. @throws {NoCoordinatorError} when no owner said anything. */
  async ask(operation: DoorOperation, body: unknown): Promise<Fields> {
    return this.send(operation, encoder.encode(JSON.stringify(body)), {});
  }

  /** As {@link ask}, with a body and headers of the caller's making. */
  async send(operation: DoorOperation, body: Uint8Array, headers: Headers): Promise<Fields> {
    return this.#untilDone(operation, async () => this.#attempt(operation, body, headers));
  }

  /**
   * Stores something in one of the pipeline's streams, which its first coordinator makes.
   * @param what it is, for messages @throws {NoCoordinatorError} when there is no such stream for so long
   */
  async store<T>(what: string, work: () => Promise<T>): Promise<T> {
    return this.#untilDone(what, async (): Promise<Attempt<T>> => {
      try {
        return { kind: "answer", reply: await work() };
      } catch (error) {
        return this.#absence(error);
      }
    });
  }

  async #untilDone<T>(what: string, attempt: () => Promise<Attempt<T>>): Promise<T> {
    const startedAt = performance.now();
    for (let pauseMs = BACKOFF_FIRST_MS; ; pauseMs = Math.min(pauseMs * 2, BACKOFF_ELSEWHERE_MS)) {
      const came = await attempt();
      if (came.kind === "answer") return came.reply;
      if (performance.now() - startedAt > this.#options.silenceMs) throw this.#nobody(what, came.why);
      await delay(Math.max(pauseMs, came.afterMs));
    }
  }

  async #attempt(operation: DoorOperation, body: Uint8Array, headers: Headers): Promise<Attempt<Fields>> {
    const { bus, subjects } = this.#options;
    let message: BusMessage;
    try {
      message = await bus.request(subjects.door(operation), body, { timeoutMs: ANSWER_TIMEOUT_MS, headers });
    } catch (error) {
      return this.#absence(error);
    }
    const reply = new Fields(JSON.parse(decoder.decode(message.data)), "reply");
    if (!reply.has("error") || reply.has("state")) return { kind: "answer", reply };
    const refusal = refusalOf(reply);
    if (refusal.kind === "final") throw refusal.error;
    return { kind: "again", why: refusal.error.message, afterMs: refusal.afterMs };
  }

  /** @throws what is no sign of somebody's absence. */
  #absence(error: unknown): Attempt<never> {
    const { bus } = this.#options;
    if (error instanceof NoRespondersError) return { kind: "again", why: "no coordinator listens there", afterMs: 0 };
    if (!(error instanceof BusTimeoutError) || bus.status === "closed") throw error;
    const why = bus.status === "connected" ? "nobody answers" : "the connection to NATS is down";
    return { kind: "again", why, afterMs: 0 };
  }

  #nobody(what: string, why: string): NoCoordinatorError {
    const { name, silenceMs } = this.#options;
    return new NoCoordinatorError(
      `no coordinator of pipeline ${name} has answered "${what}" for ${Math.round(silenceMs / 1000)} s: ${why}. ` +
        "Check that a coordinator of this namespace and pipeline runs on this NATS server",
    );
  }
}

type Attempt<T> =
  | { readonly kind: "answer"; readonly reply: T }
  | { readonly kind: "again"; readonly why: string; readonly afterMs: number };
