/** The agent of one actor: its mailbox, its thread, and what is told of it. User code never runs on this thread. */
import {
  BlobStore,
  decodeCalls,
  encodeAnswers,
  encodeJson,
  EnvelopeError,
  groupSubjectsOf,
  HoldTeller,
  storedBy,
  type ActorFacts,
  type ActorOrder,
  type Bus,
  type BusMessage,
  type BusSubscription,
  type CallFailure,
  type CallOutcome,
  type Death,
  type Payload,
  type Scope,
  type StoredPayload,
} from "@troupe/protocol";
import { ActorHostThread } from "./actor-host-thread.ts";
import { Blocking } from "./blocking.ts";
import { Mailbox, type Taken } from "./core/mailbox.ts";
import type { FromActorHost } from "./host-protocol.ts";

const TICK_MS = 250;
/** What an actor does at the moment is told this often, while it changes. */
const FACTS_MS = 500;
const ACKNOWLEDGE_MS = 2;
/** An outcome that its caller has not acknowledged for so long is sent again. */
const REPEAT_MS = 1_000;
/** A caller that waits for something says so every 5 s. */
const FORGET: Patience = { silentMs: 60_000, goneMs: 600_000 };
/** Larger results are stored apart. */
const INLINE_BYTES = 512 * 1024;
const ASYNC_CONCURRENCY = 1_000;

/** How long a caller may be silent before it is forgotten. */
export interface Patience {
  /** One that nothing is kept for. */
  readonly silentMs: number;
  /** One that has not fetched an outcome: it goes, with what was stored for it. */
  readonly goneMs: number;
}

export interface ActorAgentOptions {
  readonly bus: Bus;
  readonly scope: Scope;
  readonly order: ActorOrder;
  readonly incarnation: number;
  readonly listener: ActorAgentListener;
  /** Default: a minute, and ten. */
  readonly patience?: Patience;
}

export interface ActorAgentListener {
  readonly onAlive: (facts: ActorFacts) => void;
  readonly onFacts: (facts: ActorFacts) => void;
  readonly onDeath: (death: Death) => void;
  /** The payloads of all shared objects that the actor holds. */
  readonly onHolds: (objects: readonly string[]) => void;
  /** It asks for a file of a stored object; {@link ActorAgent.brought} answers. */
  readonly onBring: (payload: StoredPayload) => void;
}

export class ActorAgent implements AsyncDisposable {
  readonly #options: ActorAgentOptions;
  readonly #blobs: BlobStore;
  readonly #host: ActorHostThread;
  readonly #blocking: Blocking;
  readonly #teller: HoldTeller;
  readonly #patience: Patience;
  readonly #replies = new Map<string, string>();
  readonly #startedAt = new Map<number, number>();
  readonly #subscriptions: BusSubscription[] = [];
  readonly #ticker: NodeJS.Timeout;
  #mailbox: Mailbox | undefined;
  #flushScheduled = false;
  #soon: NodeJS.Timeout | undefined;
  #isPaused = false;
  #lastFacts = "";
  #factsAt = -Infinity;

  constructor(options: ActorAgentOptions) {
    const { bus, scope, order, incarnation, listener, patience = FORGET } = options;
    this.#options = options;
    this.#patience = patience;
    this.#blobs = new BlobStore(bus, scope);
    this.#teller = new HoldTeller(bus, scope, { kind: "actor", id: order.id, incarnation });
    this.#host = new ActorHostThread(
      { bus, scope, memoryMb: order.memoryMb },
      {
        onMessages: (messages) => {
          for (const message of messages) this.#hear(message);
        },
        onExit: (death) => {
          this.#close();
          listener.onDeath(death);
        },
      },
    );
    this.#blocking = new Blocking(this.#host);
    this.#host.construct(order, incarnation);
    this.#ticker = setInterval(() => {
      this.#tick();
    }, TICK_MS);
  }

  /** Takes no call into its thread until {@link resume}: nobody has confirmed that this incarnation still counts. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#advance();
  }

  brought(object: string, path: string | null): void {
    this.#host.post({ t: "brought", object, path });
  }

  facts(): ActorFacts {
    const now = performance.now();
    const mailbox = this.#mailbox;
    const running = [...(mailbox?.running.values() ?? [])].map(({ key, call }) => ({
      method: call.method,
      forMs: Math.round(now - (this.#startedAt.get(key) ?? now)),
    }));
    return {
      queued: mailbox?.queued ?? 0,
      running,
      ...(mailbox?.counts ?? { done: 0, failed: 0 }),
      blockedMs: this.#blocking.blockedMs(now),
      pid: process.pid,
    };
  }

  /** Ends the actor's thread, whatever it does. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#host.terminate();
  }

  #close(): void {
    clearInterval(this.#ticker);
    clearTimeout(this.#soon);
    this.#teller.close();
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
  }

  #hear(message: FromActorHost): void {
    switch (message.t) {
      case "constructed":
        this.#open(message.isAsync);
        return;
      case "unconstructed":
        this.#options.listener.onDeath(unconstructed(this.#options.order.className, message.failure));
        return;
      case "returned":
        this.#returned(message.key, message.value);
        return;
      case "threw":
        this.#end(message.key, { kind: "threw", failure: message.failure });
        return;
      case "cancelled":
        this.#end(message.key, { kind: "cancelled" });
        return;
      case "holds":
        this.#teller.holds(message.objects);
        this.#options.listener.onHolds(message.objects);
        return;
      case "bring":
        this.#options.listener.onBring(message.payload);
        return;
      case "fatal":
        return; // its thread ends next
    }
  }

  #open(isAsync: boolean): void {
    const { bus, scope, order, incarnation, listener } = this.#options;
    const subjects = groupSubjectsOf(scope);
    const concurrency = order.maxConcurrency ?? (isAsync ? ASYNC_CONCURRENCY : 1);
    this.#mailbox = new Mailbox({ limit: order.maxPendingCalls, concurrency });
    this.#subscriptions.push(
      bus.subscribe(subjects.calls(order.id, incarnation), (message) => {
        this.#receive(message);
      }),
      bus.subscribe(subjects.ask(order.id, incarnation), ({ reply }) => {
        if (reply !== "") bus.publish(reply, new TextEncoder().encode(JSON.stringify(this.facts())));
      }),
    );
    // Whoever is told that it lives must find it listening.
    bus.flush().then(
      () => {
        listener.onAlive(this.facts());
      },
      () => {
        listener.onAlive(this.facts());
      },
    );
  }

  #receive(message: BusMessage): void {
    const mailbox = this.#mailbox;
    if (mailbox === undefined || message.reply === "") return;
    try {
      const batch = decodeCalls(message.data);
      this.#replies.set(batch.caller, message.reply);
      for (const key of mailbox.receive(batch, performance.now())) this.#host.post({ t: "cancel", key });
    } catch (error) {
      if (!(error instanceof EnvelopeError)) throw error;
      return;
    }
    this.#advance();
    this.#flushSoon();
  }

  /** A call that ends at once is acknowledged with its outcome, and not before. */
  #flushSoon(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      this.#flush();
    }, ACKNOWLEDGE_MS);
  }

  /** Begins what may begin. */
  #advance(): void {
    if (this.#isPaused || this.#mailbox === undefined) return;
    for (const taken of this.#mailbox.begin()) {
      this.#startedAt.set(taken.key, performance.now());
      const { args } = taken.call;
      if ("bytes" in args)
        this.#host.post({ t: "call", key: taken.key, method: taken.call.method, args: new Uint8Array(args.bytes) });
      else void this.#fetch(taken, args);
    }
  }

  async #fetch({ key, call }: Taken, args: Exclude<Payload, { bytes: Uint8Array }>): Promise<void> {
    try {
      const bytes = await this.#blobs.get(args);
      this.#host.post({ t: "call", key, method: call.method, args: bytes });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#end(key, { kind: "threw", failure: { name: "Error", message, stack: null, code: "PayloadUnavailable" } });
    }
  }

  #returned(key: number, value: Uint8Array): void {
    if (value.byteLength <= INLINE_BYTES) {
      this.#end(key, { kind: "returned", value: { kind: "binary", bytes: value } });
      return;
    }
    const { order, incarnation } = this.#options;
    const job = storedBy({ kind: "actor", id: order.id, incarnation });
    this.#blobs.put({ job, slot: "result" }, "binary", value).then(
      (stored) => {
        this.#end(key, { kind: "returned", value: stored });
      },
      (error: unknown) => {
        const message = `the result could not be stored: ${error instanceof Error ? error.message : String(error)}`;
        this.#end(key, { kind: "threw", failure: { name: "Error", message, stack: null, code: "PayloadUnavailable" } });
      },
    );
  }

  #end(key: number, outcome: CallOutcome): void {
    this.#startedAt.delete(key);
    this.#mailbox?.end(key, outcome);
    this.#advance();
    // While more calls wait, outcomes leave together; the last one leaves at once.
    if ((this.#mailbox?.queued ?? 0) > 0) this.#flushSoon();
    else this.#scheduleFlush();
  }

  #tick(): void {
    const now = performance.now();
    this.#mailbox?.repeat(now, REPEAT_MS);
    for (const { caller, outcomes } of this.#mailbox?.forget(now, this.#patience) ?? []) {
      this.#replies.delete(caller);
      for (const outcome of outcomes) this.#discard(outcome);
    }
    this.#scheduleFlush();
    this.#blocking.look(now, this.#mailbox?.running.size ?? 0);
    if (now - this.#factsAt < FACTS_MS) return;
    this.#factsAt = now;
    const facts = this.facts();
    const text = JSON.stringify(facts);
    if (text === this.#lastFacts) return;
    this.#lastFacts = text;
    this.#options.listener.onFacts(facts);
  }

  /** Nobody will fetch it. The registry removes it: nobody else may. */
  #discard(outcome: CallOutcome): void {
    if (outcome.kind !== "returned" || "bytes" in outcome.value) return;
    const { bus, scope } = this.#options;
    bus.publish(groupSubjectsOf(scope).registry, encodeJson({ op: "discard", blobs: [outcome.value.ref.id] }));
  }

  #scheduleFlush(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    queueMicrotask(() => {
      this.#flushScheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    const { bus, order, incarnation } = this.#options;
    // All that is due leaves now: an acknowledgement alone, a moment later, would wake its caller for nothing.
    clearTimeout(this.#soon);
    this.#soon = undefined;
    if (bus.status !== "connected" || this.#mailbox === undefined) return;
    for (const { caller, answer } of this.#mailbox.answers(performance.now())) {
      const reply = this.#replies.get(caller);
      if (reply === undefined) continue;
      for (const bytes of encodeAnswers({ actor: order.id, incarnation, ...answer }, Math.floor(bus.maxPayload / 2)))
        bus.publish(reply, bytes);
    }
  }
}

function unconstructed(className: string, { name, message, stack }: CallFailure): Death {
  return {
    code: "ConstructorFailed",
    message: `${className} could not be made: ${name}: ${message}`,
    ...(stack === null ? {} : { stack }),
  };
}
