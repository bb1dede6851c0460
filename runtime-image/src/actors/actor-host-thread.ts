/** One life of the thread that an actor lives in, seen from the agent's. */
import { inboxOf, serveBus, type ActorOrder, type Bus, type Death, type Scope } from "@troupe/protocol";
import { randomBytes } from "node:crypto";
import { delimiter } from "node:path";
import { MessageChannel, Worker } from "node:worker_threads";
import { actorHostEntry, HOST_FLAGS } from "../entries.ts";
import { ACTOR_ENV } from "./actor-protocol.ts";
import type { ActorHostStart, FromActorHost, ToActorHost } from "./host-protocol.ts";

export interface ActorHostListener {
  readonly onMessages: (messages: readonly FromActorHost[]) => void;
  /** Called once, after the last messages. */
  readonly onExit: (death: Death) => void;
}

export interface ActorHostOptions {
  readonly bus: Bus;
  readonly scope: Scope;
  readonly memoryMb: number | null;
}

export class ActorHostThread {
  readonly #worker: Worker;
  readonly #memory = new SharedArrayBuffer(4);
  readonly #turns = new Int32Array(this.#memory);
  #outgoing: ToActorHost[] = [];
  #fatal: Death | undefined;
  #className = "The actor";

  constructor({ bus, scope, memoryMb }: ActorHostOptions, listener: ActorHostListener) {
    const { port1, port2 } = new MessageChannel();
    serveBus(bus, port1);
    const start: ActorHostStart = {
      scope,
      bus: port2,
      inbox: `${inboxOf(scope, scope.pipeline)}.${randomBytes(12).toString("hex")}`,
      maxPayload: bus.maxPayload,
      sharedFolder: process.env[ACTOR_ENV.sharedFolder],
      modules: (process.env[ACTOR_ENV.modules] ?? "").split(delimiter).filter((path) => path !== ""),
      turns: this.#memory,
    };
    this.#worker = new Worker(actorHostEntry(), {
      workerData: start,
      transferList: [port2],
      name: "actor",
      execArgv: [...HOST_FLAGS],
      ...(memoryMb === null ? {} : { resourceLimits: { maxOldGenerationSizeMb: memoryMb } }),
    });
    this.#worker.on("message", (messages: readonly FromActorHost[]) => {
      for (const message of messages) if (message.t === "fatal") this.#fatal = this.#uncaught(message.failure);
      listener.onMessages(messages);
    });
    this.#worker.on("error", (error: Error) => {
      this.#fatal ??= this.#errorDeath(error, memoryMb);
    });
    this.#worker.on("exit", (code) => {
      listener.onExit(this.#fatal ?? this.#exitDeath(code));
    });
  }

  construct(order: ActorOrder, incarnation: number): void {
    this.#className = order.className;
    this.post({ t: "construct", order, incarnation });
  }

  /** Orders of one turn of the event loop leave together. */
  post(order: ToActorHost): void {
    this.#outgoing.push(order);
    if (this.#outgoing.length > 1) return;
    queueMicrotask(() => {
      const orders = this.#outgoing;
      this.#outgoing = [];
      this.#worker.postMessage(orders);
    });
  }

  /** How often the thread has taken orders: stands still while it is blocked. */
  get turns(): number {
    return Atomics.load(this.#turns, 0);
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #uncaught({ name, message, stack }: { name: string; message: string; stack: string | null }): Death {
    const text = `${this.#className} ended of an error that nobody caught: ${name}: ${message}`;
    return { code: "Exited", message: text, exitCode: 1, ...(stack === null ? {} : { stack }) };
  }

  #errorDeath(error: Error, memoryMb: number | null): Death {
    if ("code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY") {
      const limit = memoryMb === null ? "" : ` (limit ${memoryMb} MiB)`;
      return {
        code: "OutOfMemory",
        message: `${this.#className} ran out of memory${limit}. Give it more with memoryMb, or keep less at a time`,
      };
    }
    return { code: "Exited", message: `${this.#className} ended: ${error.message}`, ...stackOf(error) };
  }

  #exitDeath(code: number): Death {
    return { code: "Exited", message: `${this.#className} ended its process with exit code ${code}`, exitCode: code };
  }
}

function stackOf({ stack }: Error): { stack?: string } {
  return stack === undefined ? {} : { stack };
}
