/** The thread that an actor lives in: makes it, runs its methods, and says what came of them. */
import { PortBus, type StoredPayload } from "@troupe/protocol";
import {
  ActorRuntime,
  ActorUsageError,
  decodeLoaded,
  delivered,
  encodeValues,
  errorData,
  inCall,
  provideSystem,
  type CallContext,
} from "@troupe/sdk/internal";
import type { MessagePort } from "node:worker_threads";
import type { ActorHostStart, FromActorHost, ToActorHost } from "./host-protocol.ts";

type Order<T extends ToActorHost["t"]> = Extract<ToActorHost, { t: T }>;

export function serveActor(start: ActorHostStart, port: MessagePort): void {
  const turns = new Int32Array(start.turns);
  const host = new ActorHost(start, port);
  port.on("message", (batch: readonly ToActorHost[]) => {
    Atomics.add(turns, 0, 1);
    for (const order of batch) host.obey(order);
  });
  const die = (error: unknown): void => {
    port.postMessage([{ t: "fatal", failure: errorData(error) }] satisfies FromActorHost[]);
    process.exit(1);
  };
  process.on("uncaughtException", die);
  // A promise that nobody awaits is often a call that nobody waits for: it is said, and no reason to die.
  process.on("unhandledRejection", (error) => {
    const { name, message, stack } = errorData(error);
    process.stderr.write(`An error that nobody caught: ${stack ?? `${name}: ${message}`}\n`);
  });
}

class ActorHost {
  readonly #start: ActorHostStart;
  readonly #port: MessagePort;
  readonly #running = new Map<number, AbortController>();
  /** Files of stored objects that were asked for, by the ids of their payloads. */
  readonly #bringing = new Map<string, ((path: string | null) => void)[]>();
  #instance: object = {};
  #runtime: ActorRuntime | undefined;
  #outgoing: FromActorHost[] = [];
  /** Calls begin one after another, even when one has to load code first. */
  #beginning: Promise<void> | undefined;

  constructor(start: ActorHostStart, port: MessagePort) {
    this.#start = start;
    this.#port = port;
  }

  obey(order: ToActorHost): void {
    switch (order.t) {
      case "construct":
        void this.#construct(order);
        return;
      case "call":
        this.#begin(order);
        return;
      case "cancel":
        this.#running.get(order.key)?.abort(new Error("the call was cancelled"));
        return;
      case "brought":
        for (const resolve of this.#bringing.get(order.object) ?? []) resolve(order.path);
        this.#bringing.delete(order.object);
        return;
      case "ping":
        return;
    }
  }

  async #construct({ order, incarnation }: Order<"construct">): Promise<void> {
    const { scope, bus, inbox, maxPayload, sharedFolder, modules } = this.#start;
    const runtime = new ActorRuntime({
      bus: new PortBus(bus, { inbox, maxPayload }),
      scope,
      parent: { kind: "actor", id: order.id, incarnation },
      sharedFolder,
      tellHolds: (objects) => {
        this.#say({ t: "holds", objects });
      },
      bring: async (payload) => this.#bring(payload),
      modules,
      isRemote: modules.length > 0,
    });
    this.#runtime = runtime;
    provideSystem(() => {
      throw new ActorUsageError(
        "actors and tasks were asked for while a file was loaded, which would start them again in every process. " +
          "Let the file do so only when it is the program: if (import.meta.main) { … }",
      );
    });
    try {
      const cls = await runtime.loader.load(order.code);
      provideSystem(() => ({ runtime, close: async () => undefined }));
      const args = await runtime.dereferenced(
        await decodeLoaded(Buffer.from(order.args, "base64"), runtime.hooks, runtime.loader),
      );
      this.#instance = await inCall(contextOf("constructor"), async () => construct(cls, args));
      this.#say({ t: "constructed", isAsync: hasAsyncMethods(this.#instance) });
    } catch (error) {
      this.#say({ t: "unconstructed", failure: errorData(error) });
    }
  }

  #begin(order: Order<"call">): void {
    if (this.#beginning !== undefined) {
      this.#beginning = this.#beginning.then(async () => this.#decodeAndRun(order));
      return;
    }
    const begun = this.#decodeAndRun(order);
    if (begun === undefined) return;
    const beginning = begun.finally(() => {
      if (this.#beginning === beginning) this.#beginning = undefined;
    });
    this.#beginning = beginning;
  }

  /** @returns a promise only when something had to be loaded first. */
  #decodeAndRun(order: Order<"call">): Promise<void> | undefined {
    const runtime = this.#runtime;
    if (runtime === undefined) return undefined;
    try {
      const decoded = decodeLoaded(order.args, runtime.hooks, runtime.loader);
      if (!(decoded instanceof Promise) && !runtime.hasReferences(decoded)) {
        void this.#run(order, decoded, runtime);
        return undefined;
      }
      return Promise.resolve(decoded)
        .then(async (args) => runtime.dereferenced(args))
        .then(
          (args) => {
            void this.#run(order, args, runtime);
          },
          (error: unknown) => {
            this.#say({ t: "threw", key: order.key, failure: errorData(error) });
          },
        );
    } catch (error) {
      this.#say({ t: "threw", key: order.key, failure: errorData(error) });
      return undefined;
    }
  }

  async #run({ key, method }: Order<"call">, args: readonly unknown[], runtime: ActorRuntime): Promise<void> {
    const aborter = new AbortController();
    const context = contextOf(method, aborter.signal);
    this.#running.set(key, aborter);
    try {
      const value = await inCall(context, () => this.#invoke(method, args));
      if (context.deliveries.size > 0) await delivered(context);
      this.#say({ t: "returned", key, value: encodeValues([value], runtime.hooks, `result of ${method}()`) });
    } catch (error) {
      if (context.deliveries.size > 0) await delivered(context);
      if (aborter.signal.aborted) this.#say({ t: "cancelled", key });
      else this.#say({ t: "threw", key, failure: errorData(error) });
    } finally {
      this.#running.delete(key);
    }
  }

  #invoke(method: string, args: readonly unknown[]): unknown {
    const found: unknown = Reflect.get(this.#instance, method);
    if (typeof found !== "function") {
      const known = methodsOf(this.#instance).join(", ");
      throw new TypeError(`${this.#instance.constructor.name} has no method ${method}(); it has ${known || "none"}`);
    }
    return Reflect.apply(found, this.#instance, args);
  }

  async #bring(payload: StoredPayload): Promise<string | null> {
    const { id } = payload.ref;
    const waiting = this.#bringing.get(id) ?? [];
    if (waiting.length === 0) this.#say({ t: "bring", payload });
    return new Promise((resolve) => {
      this.#bringing.set(id, [...waiting, resolve]);
    });
  }

  #say(message: FromActorHost): void {
    this.#outgoing.push(message);
    if (this.#outgoing.length > 1) return;
    queueMicrotask(() => {
      const messages = this.#outgoing;
      this.#outgoing = [];
      this.#port.postMessage(messages);
    });
  }
}

function contextOf(method: string, signal: AbortSignal = new AbortController().signal): CallContext {
  return { method, signal, deliveries: new Set() };
}

function construct(cls: unknown, args: readonly unknown[]): object {
  if (typeof cls !== "function") throw new TypeError("what was sent is no class");
  const made: unknown = Reflect.construct(cls, args);
  if (typeof made !== "object" || made === null) throw new TypeError("the constructor returned no object");
  return made;
}

function methodsOf(instance: object): string[] {
  const names = new Set<string>();
  for (let at: unknown = instance; typeof at === "object" && at !== null && at !== Object.prototype;) {
    for (const name of Object.getOwnPropertyNames(at)) {
      const value: unknown = Object.getOwnPropertyDescriptor(at, name)?.value;
      if (typeof value === "function" && name !== "constructor") names.add(name);
    }
    at = Object.getPrototypeOf(at);
  }
  return [...names];
}

function hasAsyncMethods(instance: object): boolean {
  return methodsOf(instance).some((name) => {
    const method: unknown = Reflect.get(instance, name);
    return Object.prototype.toString.call(method) === "[object AsyncFunction]";
  });
}
