/** Keeps one host alive: starts it, prepares revisions in it, replaces it when it dies, backs off while it cannot start. */
import type { Revision } from "@troupe/model";
import { EnvelopeError, type Failure } from "@troupe/protocol";
import type { FromHost, ToHost } from "../host/protocol.ts";
import type { RunningSlot } from "../host/slots.ts";
import { backoffMs } from "./core/backoff.ts";
import { HostThread, type HostThreadOptions } from "./host-thread.ts";
import { RevisionMissing, type Revisions } from "./revisions.ts";

/** How often the bucket is asked for a first revision. */
const NO_REVISION_MS = 300;

export type HostState = "starting" | "ready" | "broken" | "closed";

export interface HostListener {
  /** The state changed; with `broken` comes why. */
  readonly onState: (state: HostState, problem: Failure | null) => void;
  readonly onMessages: (messages: readonly FromHost[]) => void;
  /** A host that had been of use is gone, and its successor is being started. `running` is what ran in it. */
  readonly onDeath: (death: {
    readonly failure: Failure;
    readonly culprit: number | null;
    readonly running: readonly RunningSlot[];
  }) => void;
  /** The host's thread cannot be ended. */
  readonly onImmortal: () => void;
}

interface Preparation {
  readonly done: Promise<Failure | null>;
  readonly finish: (failure: Failure | null) => void;
  prepared: boolean;
}

export class HostKeeper {
  readonly #options: HostThreadOptions;
  readonly #revisions: Revisions;
  readonly #listener: HostListener;
  #host: HostThread | null = null;
  #state: HostState = "starting";
  #failures = 0;
  #timer: NodeJS.Timeout | null = null;
  #preparations = new Map<string, Preparation>();
  /** The revision that a new host is made ready with; null: the current one. */
  #lastUsed: string | null = null;
  /** Why the host is being ended by us. */
  #sentence: { readonly failure: Failure; readonly culprit: number | null } | null = null;
  #closed: (() => void) | null = null;

  constructor(options: HostThreadOptions, revisions: Revisions, listener: HostListener) {
    this.#options = options;
    this.#revisions = revisions;
    this.#listener = listener;
  }

  get state(): HostState {
    return this.#state;
  }

  get running(): RunningSlot[] {
    return this.#host?.slots.running() ?? [];
  }

  /** How often the present host has taken orders; see {@link Slots.turns}. */
  get turns(): number {
    return this.#host?.slots.turns ?? 0;
  }

  start(): void {
    if (this.#state === "closed") return;
    this.#timer = null;
    this.#preparations = new Map();
    this.#sentence = null;
    this.#setState("starting", null);
    const host: HostThread = new HostThread(this.#options, {
      onMessages: (messages) => {
        this.#hear(messages);
      },
      onExit: (failure) => {
        this.#bury(host, failure);
      },
    });
    this.#host = host;
  }

  /** Orders leave together by {@link flush}. */
  post(order: ToHost, transfers: readonly ArrayBuffer[] = []): void {
    this.#host?.add(order, transfers);
  }

  flush(): void {
    this.#host?.flush();
  }

  isPrepared(revision: string): boolean {
    return this.#preparations.get(revision)?.prepared === true;
  }

  /** Resolves with null when the revision's modules are bootstrapped in the present host, else with what went wrong. */
  async prepare(id: string): Promise<Failure | null> {
    this.#lastUsed = id;
    const known = this.#preparations.get(id);
    if (known !== undefined) return known.done;
    const preparation = newPreparation();
    const preparations = this.#preparations;
    preparations.set(id, preparation);
    try {
      const revision = await this.#load(id);
      // In the meantime the host may have been replaced; its successor is asked anew.
      if (this.#preparations !== preparations) return await preparation.done;
      this.post({ t: "prepare", revision });
      this.flush();
    } catch (error) {
      preparations.delete(id);
      const message = error instanceof Error ? error.message : String(error);
      preparation.finish({ code: "BootstrapFailed", message, kind: "retryable" });
    }
    return preparation.done;
  }

  /** Lets the host tear down what no execution needs; the latest revision stays. */
  retireExcept(used: ReadonlySet<string>): void {
    for (const [id, { prepared }] of this.#preparations) {
      if (!prepared || used.has(id) || id === this.#lastUsed) continue;
      this.#preparations.delete(id);
      this.#revisions.forget(id);
      this.post({ t: "retire", revision: id });
    }
    this.flush();
  }

  /** Ends the host because of an execution; null: nobody can tell which. Its death is reported with this failure. */
  condemn(failure: Failure, culprit: number | null): void {
    if (this.#sentence !== null) return;
    this.#sentence = { failure, culprit };
    void this.#terminate();
  }

  /** Tears the modules down, ends the host, and starts no other. */
  async close(teardownMs: number): Promise<void> {
    const served = this.#state === "ready";
    this.#state = "closed";
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#host === null) return;
    if (served) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, teardownMs);
        this.#closed = () => {
          clearTimeout(timer);
          resolve();
        };
        this.post({ t: "close" });
        this.flush();
      });
    }
    await this.#terminate();
  }

  /** NATS may be away for a moment: only a revision that is certainly not there is an error. @throws {RevisionMissing} */
  async #load(id: string): Promise<Revision> {
    for (;;) {
      try {
        return await this.#revisions.load(id);
      } catch (error) {
        if (error instanceof RevisionMissing || error instanceof EnvelopeError || this.#state === "closed") throw error;
        await new Promise((resolve) => setTimeout(resolve, NO_REVISION_MS));
      }
    }
  }

  async #terminate(): Promise<void> {
    const host = this.#host;
    if (host === null || (await host.terminate())) return;
    if (this.#sentence !== null) this.#listener.onDeath({ ...this.#sentence, running: host.slots.running() });
    this.#listener.onImmortal();
  }

  #hear(messages: readonly FromHost[]): void {
    for (const message of messages) {
      switch (message.t) {
        case "loaded":
          void this.#becomeReady(this.#host);
          break;
        case "unloadable":
          this.#break(message.failure);
          break;
        case "prepared":
          this.#finishPreparation(message.revision, null);
          break;
        case "unprepared":
          this.#finishPreparation(message.revision, message.failure);
          break;
        case "closed":
          this.#closed?.();
          break;
        case "done":
        case "failed":
        case "stopped":
        case "progress":
        case "log":
        case "fatal":
          break;
      }
    }
    this.#listener.onMessages(messages);
  }

  /** A replica is ready when one revision's modules are bootstrapped, the one that its jobs will most likely bring. */
  async #becomeReady(host: HostThread | null): Promise<void> {
    const failure = await this.#prepareFirst(host);
    if (this.#host !== host || this.#state !== "starting") return;
    if (failure === null) {
      this.#failures = 0;
      this.#setState("ready", null);
    } else {
      this.#break(failure);
    }
  }

  async #prepareFirst(host: HostThread | null): Promise<Failure | null> {
    while (this.#host === host && this.#state === "starting") {
      const first = this.#lastUsed === null ? await this.#current() : { id: this.#lastUsed };
      // Its jobs are of former revisions, or of one to come: whichever it is, the first of them brings it.
      if (first === "foreign") return null;
      if (first !== null) {
        const failure = await this.prepare(first.id);
        // Perhaps the next revision mends it.
        if (failure !== null) this.#lastUsed = null;
        return failure;
      }
      await new Promise((resolve) => setTimeout(resolve, NO_REVISION_MS));
    }
    return null;
  }

  /** NATS may be away for a moment; that is no fault of the modules. */
  async #current(): ReturnType<Revisions["current"]> {
    return this.#revisions.current().catch(() => null);
  }

  #finishPreparation(id: string, failure: Failure | null): void {
    const preparation = this.#preparations.get(id);
    if (preparation === undefined) return;
    preparation.prepared = failure === null;
    // A failed one is tried again when the next execution asks for it.
    if (failure !== null) this.#preparations.delete(id);
    preparation.finish(failure);
  }

  #break(problem: Failure): void {
    if (this.#state === "closed" || this.#state === "broken") return;
    this.#failures += 1;
    this.#setState("broken", problem);
    this.#timer = setTimeout(() => {
      this.start();
    }, backoffMs(this.#failures));
    for (const preparation of this.#preparations.values()) preparation.finish(problem);
    const host = this.#host;
    this.#host = null;
    void host?.terminate();
  }

  #bury(host: HostThread, failure: Failure): void {
    if (this.#host !== host) return;
    this.#host = null;
    for (const preparation of this.#preparations.values()) preparation.finish(failure);
    this.#closed?.();
    if (this.#state === "closed") return;
    if (this.#state === "starting") {
      this.#host = host;
      this.#break({
        ...failure,
        code: "BootstrapFailed",
        message: `${failure.message} It happened while modules were loaded or bootstrapped.`,
      });
      return;
    }
    const { failure: reason, culprit } = this.#sentence ?? { failure, culprit: host.slots.culprit() };
    this.#listener.onDeath({ failure: reason, culprit, running: host.slots.running() });
    this.start();
  }

  #setState(state: HostState, problem: Failure | null): void {
    this.#state = state;
    this.#listener.onState(state, problem);
  }
}

function newPreparation(): Preparation {
  let finish: Preparation["finish"] = () => undefined;
  const done = new Promise<Failure | null>((resolve) => {
    finish = resolve;
  });
  return { done, finish, prepared: false };
}
