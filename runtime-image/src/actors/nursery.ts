/** Keeps the actors of one replica: forks a process for each, one more that waits, and says how each ended. */
import {
  encodeJson,
  EnvelopeError,
  groupSubjectsOf,
  parseNurseryOrders,
  type ActorClaim,
  type Bus,
  type BusSubscription,
  type Death,
  type Ended,
  type NurseryOrder,
  type Scope,
} from "@troupe/protocol";
import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { ActorProcess, type ActorProcessOptions } from "./actor-process.ts";
import type { ObjectFiles } from "./object-files.ts";

const BEAT_MS = 1_000;
/** Changes of one moment are told in one beat. */
const SOON_MS = 2;
/** How often a nursery that is to end looks whether its actors still work. */
const LOOK_MS = 100;
/** How long it then waits until its actors' ends are journalled; they are said by its silence else. */
const SETTLE_MS = 3_000;

export interface NurseryOptions {
  readonly bus: Bus;
  readonly scope: Scope;
  readonly replica: string;
  readonly capacity: ActorClaim;
  /** Processes that wait for an actor. Default 1. */
  readonly spares?: number;
  /** Where shared objects lie for all actors. Default: nowhere, and each reads them from NATS. */
  readonly objects?: ObjectFiles;
  /** Keeps the files of constructors' arguments. Default: nobody, as they lie in NATS. */
  readonly files?: FileKeeper;
  readonly process: Pick<ActorProcessOptions, "env" | "onLine">;
}

/** Keeps files of shared objects for actors that may begin anew, whoever else lets go of them. */
export interface FileKeeper {
  /** Actors for whom something is kept. */
  readonly keeps: readonly string[];
  /** Said twice, it is done once. */
  keep(actor: string, files: readonly string[]): void;
  release(actor: string): void;
}

interface Kept {
  readonly process: ActorProcess;
  readonly actor: string;
  readonly incarnation: number;
}

export class Nursery {
  readonly #options: NurseryOptions;
  readonly #instance = randomBytes(6).toString("hex");
  readonly #kept = new Map<string, Kept>();
  readonly #ended = new Map<string, Ended>();
  /** Ended as this replica ends. */
  readonly #drained = new WeakSet<ActorProcess>();
  readonly #subscriptions: BusSubscription[] = [];
  readonly #beats: NodeJS.Timeout;
  readonly #unlisten: () => void;
  #spares: ActorProcess[] = [];
  #epoch = 0;
  #soon: NodeJS.Timeout | undefined;
  #closed = false;
  #draining = false;

  constructor(options: NurseryOptions) {
    this.#options = options;
    const { bus, scope, replica } = options;
    const subjects = groupSubjectsOf(scope);
    for (const to of [replica, "all"]) {
      this.#subscriptions.push(
        bus.subscribe(subjects.down(to), ({ data }) => {
          this.#receive(data);
        }),
      );
    }
    this.#unlisten = bus.onStatus((status) => {
      if (status === "connected") this.#beat();
    });
    this.#beats = setInterval(() => {
      this.#beat();
    }, BEAT_MS);
    this.#beat();
    this.#replenish();
  }

  /** Process ids of living actors, by their ids. */
  get pids(): ReadonlyMap<string, number> {
    return new Map([...this.#kept.values()].map(({ actor, process }) => [actor, process.pid]));
  }

  /**
   * Takes no more actors, and waits for those that work, or hold calls, for so long. Then all end, each saying that its replica does, so that
   * whoever may begin anew does so elsewhere at once. Resolves when that is known, and nothing of it runs any more.
   */
  async drain(patienceMs: number): Promise<void> {
    this.#draining = true;
    this.#beat();
    const until = performance.now() + patienceMs;
    while (performance.now() < until && this.#isBusy()) await delay(LOOK_MS);
    for (const spare of this.#spares) spare.end();
    const death = this.#leaving();
    const kept = [...this.#kept.values()];
    for (const { process } of kept) {
      this.#drained.add(process);
      process.end(death);
    }
    await Promise.all(kept.map(async ({ process }) => process.exited));
    const settled = performance.now() + SETTLE_MS;
    while (performance.now() < settled && this.#ended.size > 0) {
      this.#beat();
      await delay(LOOK_MS);
    }
    await this.close();
  }

  #leaving(): Death {
    const why = "its pod was deleted, evicted, scaled away, or is of an old template";
    return { code: "HostLost", message: `its replica ${this.#options.replica} was ended: ${why}` };
  }

  #isBusy(): boolean {
    return [...this.#kept.values()].some(
      ({ process: { phase, facts } }) =>
        phase === "starting" || (facts !== null && (facts.queued > 0 || facts.running.length > 0)),
    );
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#beats);
    clearTimeout(this.#soon);
    this.#unlisten();
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    const all = [...this.#spares, ...[...this.#kept.values()].map(({ process }) => process)];
    for (const process of all) process.end();
    await Promise.all(all.map(async ({ exited }) => exited));
  }

  #receive(data: Uint8Array): void {
    try {
      const { epoch, orders } = parseNurseryOrders(data);
      if (epoch < this.#epoch) return; // a former owner's
      this.#epoch = epoch;
      for (const order of orders) this.#obey(order);
    } catch (error) {
      if (!(error instanceof EnvelopeError)) throw error;
    }
  }

  #obey(order: NurseryOrder): void {
    switch (order.type) {
      case "spawn":
        this.#spawn(order);
        return;
      case "kill":
        this.#kept.get(keyOf(order.actor, order.incarnation))?.process.end();
        return;
      case "settled":
        this.#ended.delete(keyOf(order.actor, order.incarnation));
        return;
      case "release":
        this.#options.files?.release(order.actor);
        return;
      case "roll-call":
        this.#beat();
        return;
    }
  }

  /** Once, however often it is said. */
  #spawn({ order, incarnation, gpus }: Extract<NurseryOrder, { type: "spawn" }>): void {
    const key = keyOf(order.id, incarnation);
    if (this.#closed || this.#kept.has(key) || this.#ended.has(key)) return;
    if (this.#draining) {
      // Ordered before the registry heard of it.
      this.#ended.set(key, { actor: order.id, incarnation, death: this.#leaving(), unbegun: true });
      this.#beatSoon();
      return;
    }
    if (order.maxRestarts !== 0 && order.files !== undefined) this.#options.files?.keep(order.id, order.files);
    const process = this.#spares.shift() ?? this.#fork();
    this.#kept.set(key, { process, actor: order.id, incarnation });
    process.assign(order, incarnation, gpus);
    this.#replenish();
  }

  #fork(): ActorProcess {
    const { objects } = this.#options;
    const process: ActorProcess = new ActorProcess({
      ...this.#options.process,
      onHolds: (held) => {
        objects?.holds(process, held);
      },
      bring: async (payload) => objects?.bring(payload) ?? null,
      onChange: () => {
        this.#beatSoon();
      },
      onExit: (death) => {
        this.#exited(process, death);
      },
    });
    return process;
  }

  /** A spare that is there when it is wanted. */
  #replenish(): void {
    const { spares = 1 } = this.#options;
    while (!this.#closed && !this.#draining && this.#spares.length < spares) this.#spares.push(this.#fork());
  }

  #exited(process: ActorProcess, death: Death): void {
    this.#options.objects?.ended(process);
    this.#spares = this.#spares.filter((spare) => spare !== process);
    for (const [key, { actor, incarnation, process: kept }] of this.#kept) {
      if (kept !== process) continue;
      this.#kept.delete(key);
      this.#ended.set(key, { actor, incarnation, death, ...(this.#drained.has(process) ? { drained: true } : {}) });
    }
    this.#beatSoon();
  }

  #beatSoon(): void {
    if (this.#closed) return;
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      this.#beat();
    }, SOON_MS);
  }

  #beat(): void {
    const { bus, scope, replica, capacity, files } = this.#options;
    if (this.#closed || bus.status !== "connected") return;
    const residents = [...this.#kept.values()].map(({ actor, incarnation, process }) => ({
      actor,
      incarnation,
      phase: process.phase,
      facts: process.facts,
    }));
    const ended = [...this.#ended.values()];
    const beat = { replica, instance: this.#instance, capacity, draining: this.#draining, residents, ended };
    const keeps = files?.keeps ?? [];
    bus.publish(groupSubjectsOf(scope).up, encodeJson(keeps.length === 0 ? beat : { ...beat, keeps }));
  }
}

function keyOf(actor: string, incarnation: number): string {
  return `${actor} ${incarnation}`;
}
