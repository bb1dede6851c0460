/** Tells in `kubectl describe` and `kubectl events` what happened to an object. Nobody waits for it, and it never throws. */
import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { backoffMs } from "./backoff.ts";
import { events } from "./builtin.ts";
import { type CallOptions, type KubeClient } from "./client.ts";
import { KubeError } from "./error.ts";
import { EventBook, type EventFact, type EventSource, type EventWrite } from "./event-book.ts";
import { type KubeObject, type Stored } from "./object.ts";
import { type Observe } from "./observation.ts";

export interface EventRecorder extends AsyncDisposable {
  /** Equal facts about an object within six minutes are one Event that counts. More than 25 about one object in a short time are dropped. */
  record(regarding: Stored<KubeObject>, fact: EventFact): void;
}

export interface EventRecorderOptions extends EventSource {
  readonly client: KubeClient;
  readonly observe?: Observe | undefined;
}

const LOOK_MS = 1_000;
const RETRY = { baseMs: 200, maxMs: 5_000 };
const MAX_ATTEMPTS = 5;
const CALL_TIMEOUT_MS = 5_000;
/** For what is left when it is disposed of. */
const FAREWELL_MS = 2_000;

export function startEventRecorder(options: EventRecorderOptions): EventRecorder {
  return new Recorder(options);
}

class Recorder implements EventRecorder {
  readonly #client: KubeClient;
  readonly #observe: Observe;
  readonly #book: EventBook;
  readonly #timer: NodeJS.Timeout;
  #writing: Promise<void> | undefined;

  constructor(options: EventRecorderOptions) {
    this.#client = options.client;
    this.#observe = options.observe ?? ((): undefined => undefined);
    this.#book = new EventBook(options);
    // Counts that waited become due.
    this.#timer = setInterval(() => {
      this.#write();
    }, LOOK_MS).unref();
  }

  record(regarding: Stored<KubeObject>, fact: EventFact): void {
    const isTaken = this.#book.record(regarding, fact, Date.now(), randomBytes(8).toString("hex"));
    if (isTaken) this.#write();
    else this.#dropped(fact.reason, new Error("too many events of one object"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#writing;
    await this.#drain(true, AbortSignal.timeout(FAREWELL_MS));
  }

  #write(): void {
    this.#writing ??= this.#drain(false).finally(() => {
      this.#writing = undefined;
    });
  }

  async #drain(all: boolean, signal?: AbortSignal): Promise<void> {
    while (signal?.aborted !== true) {
      const write = this.#book.next(Date.now(), all);
      if (write === undefined) return;
      try {
        await this.#send(write, signal);
        this.#book.wrote(write, Date.now());
      } catch (error) {
        this.#book.drop(write);
        this.#dropped(write.series.event.reason ?? "", error);
      }
    }
  }

  async #send(write: EventWrite, signal: AbortSignal | undefined): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#attempt(write, { signal, timeoutMs: CALL_TIMEOUT_MS });
        return;
      } catch (error) {
        if (!(error instanceof KubeError) || attempt === MAX_ATTEMPTS || !isPassing(error)) throw error;
        const asked = error.retryAfterMs ?? 0;
        await delay(
          asked + backoffMs(attempt, RETRY, Math.random()),
          undefined,
          signal === undefined ? {} : { signal },
        );
      }
    }
  }

  async #attempt(write: EventWrite, call: CallOptions): Promise<void> {
    if (write.kind === "count") {
      await this.#client.patch(events, write.key, { type: "merge", body: write.body }, call);
      return;
    }
    try {
      await this.#client.create(events, write.event, call);
    } catch (error) {
      // Its answer was lost the first time.
      if (!(error instanceof KubeError && error.isConflict)) throw error;
    }
  }

  #dropped(reason: string, error: unknown): void {
    this.#observe({ type: "event-dropped", reason, error });
  }
}

function isPassing({ status }: KubeError): boolean {
  return status === 0 || status === 429 || status >= 500;
}
