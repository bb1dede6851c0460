/** The way from one thread to one actor: sends what `core/sender.ts` says, hears answers, and learns what became of the actor. */
import {
  type BlobStore,
  decodeAnswers,
  encodeCalls,
  EnvelopeError,
  groupSubjectsOf,
  type ActorNews,
  type Bus,
  type BusMessage,
  type BusSubscription,
  type CallOutcome,
  type Death,
  type InlinePayload,
  type Payload,
  type StoredPayload,
} from "@troupe/protocol";
import { Sender } from "./core/sender.ts";
import { ActorDiedError } from "./errors.ts";
import type { ActorRef } from "./handle.ts";

/** What was not taken for so long is sent again. */
const RESEND_MS = 500;
/** While nothing is heard of an actor that has our calls, the registry is asked about it this often. */
const ASK_MS = 2_000;
/** While calls are pending, the agent hears of us this often, so that it keeps what it has for us. */
const POKE_MS = 5_000;
const TICK_MS = 250;
const SEEN_MS = 20;
/** Larger arguments are stored apart. */
const INLINE_BYTES = 512 * 1024;

export interface LinkParts {
  readonly bus: Bus;
  readonly blobs: BlobStore;
  readonly ref: ActorRef;
  /** Unique in the group. */
  readonly caller: string;
  readonly name: string;
  /** Asks the registry what became of the actor; undefined: it knows of none. @throws when it does not answer */
  readonly find: (id: string) => Promise<ActorNews | undefined>;
  /** Removes what was stored for a call. */
  readonly discard: (payload: StoredPayload) => void;
  /** The actor is dead, and nothing waits for it. */
  readonly onEnd: () => void;
}

interface Waiting {
  readonly what: string;
  readonly resolve: (outcome: CallOutcome) => void;
  readonly reject: (error: Error) => void;
  readonly delivered: () => void;
  readonly stored: Payload | undefined;
}

type Fate =
  | { readonly kind: "unknown" }
  | { readonly kind: "known"; readonly incarnation: number }
  | { readonly kind: "dead"; readonly death: Death | null };

export class Link {
  readonly #parts: LinkParts;
  readonly #sender = new Sender();
  readonly #waiting = new Map<number, Waiting>();
  readonly #subscription: BusSubscription;
  readonly #answers: string;
  #fate: Fate = { kind: "unknown" };
  /** The last incarnation that is known to have ended. */
  #ended = 0;
  #flushScheduled = false;
  #later: NodeJS.Timeout | undefined;
  #ticker: NodeJS.Timeout | undefined;
  #askedAt = -Infinity;
  #heardAt = -Infinity;
  #pokedAt = 0;
  #asking = false;
  /** Calls whose arguments are being stored, or that wait behind one. */
  #storing = 0;
  #stored: Promise<void> = Promise.resolve();

  constructor(parts: LinkParts) {
    this.#parts = parts;
    this.#answers = groupSubjectsOf(parts.ref.scope).answers(parts.caller, parts.name);
    this.#subscription = parts.bus.subscribe(this.#answers, (message) => {
      this.#hear(message);
    });
  }

  get ref(): ActorRef {
    return this.#parts.ref;
  }

  get pending(): number {
    return this.#waiting.size;
  }

  /** @param delivered called once the call was taken, refused or has failed: from then on it cannot be lost on the way. */
  call(
    method: string,
    args: InlinePayload,
    delivered: () => void,
  ): { outcome: Promise<CallOutcome>; cancel: () => void } {
    const what = `${this.ref.className}.${method}()`;
    if (this.#fate.kind === "dead") {
      delivered();
      return { outcome: Promise.reject(new ActorDiedError(what, this.#fate.death, false)), cancel: () => undefined };
    }
    const { promise, resolve, reject } = Promise.withResolvers<CallOutcome>();
    if (args.bytes.byteLength > INLINE_BYTES || this.#storing > 0)
      return this.#callStored(method, args, { what, promise, resolve, reject, delivered });
    const id = this.#add(method, args, { what, resolve, reject, delivered, stored: undefined });
    return {
      outcome: promise,
      cancel: () => {
        this.#cancel(id);
      },
    };
  }

  /** News from the registry, by whatever way. */
  learn({ status, incarnation, death }: ActorNews): void {
    if (this.#fate.kind === "dead") return;
    if (status === "dead") this.die(death);
    else if (status === "alive") this.#live(incarnation, death);
    else if (status === "restarting") this.#lose(incarnation, death);
    else if (status === "starting") this.#lose(incarnation - 1, death);
  }

  /** NATS is back: nobody knows what was lost meanwhile. */
  reconnected(): void {
    if (this.#sender.pending === 0) return;
    this.#sender.resend(performance.now(), 0);
    this.#poke();
    this.#scheduleFlush();
    this.#ask();
  }

  close(error: Error): void {
    clearInterval(this.#ticker);
    clearTimeout(this.#later);
    this.#ticker = undefined;
    this.#subscription.unsubscribe();
    for (const [id, waiting] of this.#waiting) this.#fail(id, waiting, error);
  }

  /** Arguments that are too large for a message are stored first; calls that are made meanwhile wait, so that none overtakes. */
  #callStored(
    method: string,
    args: InlinePayload,
    waiting: Omit<Waiting, "stored"> & { readonly promise: Promise<CallOutcome> },
  ): { outcome: Promise<CallOutcome>; cancel: () => void } {
    let isCancelled = false;
    let id: number | undefined;
    this.#storing++;
    this.#stored = this.#stored
      .then(async () => this.#store(args))
      .then((payload) => {
        if (isCancelled) waiting.resolve({ kind: "cancelled" });
        else id = this.#add(method, payload, { ...waiting, stored: payload });
      })
      .catch((error: unknown) => {
        waiting.delivered();
        waiting.reject(error instanceof Error ? error : new Error(String(error)));
      })
      .finally(() => {
        this.#storing--;
      });
    return {
      outcome: waiting.promise,
      cancel: () => {
        isCancelled = true;
        if (id !== undefined) this.#cancel(id);
      },
    };
  }

  async #store(args: InlinePayload): Promise<Payload> {
    if (args.bytes.byteLength <= INLINE_BYTES) return args;
    return this.#parts.blobs.put({ job: this.#parts.caller, slot: "call" }, args.kind, args.bytes);
  }

  #add(method: string, args: Payload, waiting: Waiting): number {
    const id = this.#sender.add({ method, args, retries: this.ref.maxTaskRetries });
    this.#waiting.set(id, waiting);
    this.#ticker ??= setInterval(() => {
      this.#tick();
    }, TICK_MS);
    if (this.#fate.kind === "unknown") this.#ask();
    this.#scheduleFlush();
    return id;
  }

  #cancel(id: number): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    if (this.#sender.cancel(id)) this.#settle(id, { kind: "cancelled" });
    else this.#scheduleFlush();
  }

  #live(incarnation: number, death: Death | null): void {
    if (incarnation <= this.#ended) return;
    if (this.#sender.incarnation !== undefined && this.#sender.incarnation < incarnation)
      this.#lose(this.#sender.incarnation, death);
    this.#fate = { kind: "known", incarnation };
    this.#sender.begin(incarnation);
    this.#scheduleFlush();
  }

  #lose(incarnation: number, death: Death | null): void {
    if (incarnation <= this.#ended) return;
    this.#ended = incarnation;
    if (this.#fate.kind === "known") this.#fate = { kind: "unknown" };
    if (this.#sender.incarnation !== undefined && this.#sender.incarnation <= incarnation) this.#failLost(false, death);
  }

  /** It has ended for good. Idempotent. */
  die(death: Death | null): void {
    if (this.#fate.kind === "dead") return;
    this.#fate = { kind: "dead", death };
    this.#failLost(true, death);
    this.#rest();
  }

  #failLost(isFinal: boolean, death: Death | null): void {
    for (const { id, mayHaveRun } of this.#sender.lost(isFinal)) {
      const waiting = this.#waiting.get(id);
      if (waiting !== undefined) this.#fail(id, waiting, new ActorDiedError(waiting.what, death, mayHaveRun));
    }
  }

  #hear(message: BusMessage): void {
    this.#heardAt = performance.now();
    if (message.status === 503) {
      this.#ask(); // nobody listens where the incarnation did: it may be about to begin, or have ended
      return;
    }
    try {
      const answer = decodeAnswers(message.data);
      const { delivered, ended, forgotten } = this.#sender.heard(answer);
      for (const id of delivered) this.#waiting.get(id)?.delivered();
      for (const { id, outcome } of ended) this.#settle(id, outcome);
      for (const id of forgotten) this.#failForgotten(id);
    } catch (error) {
      if (!(error instanceof EnvelopeError)) throw error;
    }
    if (this.#sender.isUrgent) this.#scheduleFlush();
    else this.#flushLater();
  }

  #failForgotten(id: number): void {
    const waiting = this.#waiting.get(id);
    const message = "this program was cut off from it for so long that the outcome was given up";
    if (waiting !== undefined)
      this.#fail(id, waiting, new ActorDiedError(waiting.what, { code: "HostLost", message }, true));
  }

  #settle(id: number, outcome: CallOutcome): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#drop(id, waiting);
    waiting.delivered();
    waiting.resolve(outcome);
    this.#rest();
  }

  /** What was stored for it is of no use to anybody now. */
  #drop(id: number, { stored }: Waiting): void {
    this.#waiting.delete(id);
    if (stored !== undefined && "ref" in stored) this.#parts.discard(stored);
  }

  #fail(id: number, waiting: Waiting, error: Error): void {
    this.#drop(id, waiting);
    waiting.delivered();
    waiting.reject(error);
    this.#rest();
  }

  #rest(): void {
    if (this.#waiting.size > 0) return;
    clearInterval(this.#ticker);
    this.#ticker = undefined;
    if (this.#fate.kind === "dead") this.#parts.onEnd();
  }

  #tick(): void {
    const now = performance.now();
    if (this.#sender.resend(now, RESEND_MS)) this.#scheduleFlush();
    if (now - this.#pokedAt > POKE_MS) this.#poke();
    const isSilent = now - this.#heardAt > ASK_MS || this.#fate.kind === "unknown";
    if (isSilent && now - this.#askedAt > ASK_MS) this.#ask();
  }

  #poke(): void {
    this.#pokedAt = performance.now();
    const { incarnation } = this.#sender;
    if (incarnation !== undefined) this.#publish(incarnation, { calls: [], seen: [], cancelled: [] });
  }

  /** What the registry says now, in case its news did not arrive. */
  #ask(): void {
    if (this.#asking) return;
    this.#asking = true;
    this.#askedAt = performance.now();
    this.#parts
      .find(this.ref.id)
      .then(
        (news) => {
          if (news === undefined) this.die(null);
          else this.learn(news);
        },
        () => undefined, // nobody answers at the moment: asked again by the next tick
      )
      .finally(() => {
        this.#asking = false;
      });
  }

  /** All calls of one turn of the event loop leave together. */
  #scheduleFlush(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    queueMicrotask(() => {
      this.#flushScheduled = false;
      this.#flush();
    });
  }

  /** That an outcome has arrived is said with the next call, if one follows soon. */
  #flushLater(): void {
    this.#later ??= setTimeout(() => {
      this.#later = undefined;
      this.#flush();
    }, SEEN_MS).unref();
  }

  #flush(): void {
    if (this.#parts.bus.status !== "connected") return; // sent when it is back
    const sending = this.#sender.take(performance.now());
    if (sending !== undefined) this.#publish(sending.incarnation, sending);
  }

  #publish(
    incarnation: number,
    { calls, seen, cancelled }: Pick<Parameters<typeof encodeCalls>[0], "calls" | "seen" | "cancelled">,
  ): void {
    const { bus, caller, name, ref } = this.#parts;
    const batch = { caller: `${caller}.${name}`, session: this.#sender.session, calls, seen, cancelled };
    const subject = groupSubjectsOf(ref.scope).calls(ref.id, incarnation);
    for (const bytes of encodeCalls(batch, Math.floor(bus.maxPayload / 2)))
      bus.publish(subject, bytes, { reply: this.#answers });
  }
}
