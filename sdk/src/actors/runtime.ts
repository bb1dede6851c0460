/** What a thread needs to create and call actors: one in a program, one in every host. */
import {
  BlobStore,
  groupSubjectsOf,
  parseNews,
  storedBy,
  type ActorInfo,
  type ActorNews,
  type ActorOrder,
  type Bus,
  type BusSubscription,
  type CallOutcome,
  type CodeRef,
  type Death,
  type InlinePayload,
  type ParentRef,
  type Payload,
  type Scope,
  type StoredPayload,
} from "@troupe/protocol";
import { randomBytes } from "node:crypto";
import { currentCall } from "./call-context.ts";
import { codeRefOf, portableRefOf } from "./code.ts";
import { decodeLoaded } from "./decode-loaded.ts";
import {
  ActorNotFoundError,
  ActorUsageError,
  CallCancelledError,
  NotSendableError,
  PendingCallsLimitError,
} from "./errors.ts";
import { makeHandle, type ActorHandle, type ActorRef } from "./handle.ts";
import { hooksOf } from "./hooks.ts";
import { Link } from "./link.ts";
import { CodeLoader } from "./load-code.ts";
import { resolveOptions, type ActorOptions } from "./options.ts";
import { RegistryClient } from "./registry-client.ts";
import { sharedDataOf, SharedRef, SharedStore, type SharedData } from "./shared.ts";
import { decodeValues, encodeValues, errorFrom, type ValueHooks } from "./value-codec.ts";

/** A constructor's arguments are journalled; larger ones are to be put apart. */
const MAX_ARGS_BYTES = 256 * 1024;

/** A node, an image and a pod may have to come first. */
const REMOTE_START_MS = 300_000;

export interface RuntimeOptions {
  readonly bus: Bus;
  readonly scope: Scope;
  /** Who creates what is created here, and with whose end it ends. */
  readonly parent: ParentRef;
  /** Where shared objects of this machine lie; undefined: nowhere. */
  readonly sharedFolder: string | undefined;
  /** Vouches for what this thread holds of what lies in NATS, on a thread that does not block. All of it, when it changes. */
  readonly tellHolds: (objects: readonly string[]) => void;
  /** Brings a shared object into a file of this replica; null: it has none. Default: there is no replica around. */
  readonly bring?: (payload: StoredPayload) => Promise<string | null>;
  /** Files and folders that a replica has of the group's code; default: none, files lie where the caller has them. */
  readonly modules?: readonly string[];
  /** Replicas may be on other machines, where the caller's files are not. Default false. */
  readonly isRemote?: boolean;
  /** Called when calls begin to be pending, and when none is any more. */
  readonly onBusy?: (isBusy: boolean) => void;
}

/** A call without an outcome. It holds its arguments: what they refer to must not be released before it is taken. */
interface OpenCall {
  readonly what: string;
  readonly args: readonly unknown[];
  promise: Promise<unknown> | undefined;
}

export interface CallOptions {
  /** Takes the call back when it aborts: it does not begin any more, or its `callSignal()` aborts. */
  readonly signal?: AbortSignal;
}

export type ActorClass<Args extends readonly unknown[] = never[], T extends object = object> = new (...args: Args) => T;

export class ActorRuntime {
  readonly scope: Scope;
  readonly registry: RegistryClient;
  readonly hooks: ValueHooks;
  readonly bus: Bus;
  readonly blobs: BlobStore;
  readonly caller: string;
  readonly loader: CodeLoader;
  readonly shared: SharedStore;
  readonly #options: RuntimeOptions;
  readonly #links = new Map<string, Link>();
  readonly #subscription: BusSubscription;
  readonly #unlisten: () => void;
  readonly #open = new Set<OpenCall>();
  #nextLink = 1;
  #lost: Death | undefined;
  #busy = 0;

  constructor(options: RuntimeOptions) {
    const { bus, scope, parent } = options;
    this.#options = options;
    this.caller = storedBy(parent);
    this.bus = bus;
    this.scope = scope;
    this.loader = new CodeLoader(options.modules);
    this.registry = new RegistryClient(bus, scope);
    this.blobs = new BlobStore(bus, scope);
    this.hooks = hooksOf(this, this.loader);
    this.shared = new SharedStore({
      blobs: this.blobs,
      caller: this.caller,
      folder: options.sharedFolder,
      tellHolds: options.tellHolds,
      bring: options.bring,
      encode: (value) => encodeValues([value], this.hooks, "what is put"),
      decode: (bytes) => decodeValues(bytes, this.hooks)[0],
    });
    this.#subscription = bus.subscribe(groupSubjectsOf(scope).news, ({ data }) => {
      for (const news of parseNews(data).actors) this.#links.get(news.id)?.learn(news);
    });
    this.#unlisten = bus.onStatus((status) => {
      if (status === "connected") for (const link of this.#links.values()) link.reconnected();
    });
  }

  get parent(): ParentRef {
    return this.#options.parent;
  }

  /** Resolves when its constructor has returned. */
  async create<T extends object>(
    cls: ActorClass<never[], T>,
    args: readonly unknown[],
    options: ActorOptions = {},
  ): Promise<ActorHandle<T>> {
    const { order, shared } = this.#orderOf(cls, args, options);
    const { getIfExists = false, startTimeoutMs = this.#options.isRemote === true ? REMOTE_START_MS : Infinity } =
      options;
    const [info] = await this.#whileHeld(shared, async () =>
      this.#whileBusy(async () => this.registry.create({ op: "create", order, getIfExists }, startTimeoutMs)),
    );
    if (info === undefined) throw new ActorNotFoundError(`the registry knows nothing of ${order.className}`);
    const link = this.#linkTo(this.#refOf(info));
    link.learn(newsOf(info));
    return this.handleOf<T>(link.ref);
  }

  async named<T extends object>(name: string): Promise<ActorHandle<T>> {
    const [info] = await this.#whileBusy(async () => this.registry.ask({ op: "named", name }));
    if (info === undefined) throw new ActorNotFoundError(`no living actor is named ${JSON.stringify(name)}`);
    return this.handleOf<T>(this.#refOf(info));
  }

  /** Resolves when its end is journalled: a call that is made from then on goes to the next incarnation, or fails. */
  async kill(id: string, restart: boolean): Promise<void> {
    await this.#whileBusy(async () => {
      const [meant] = restart ? await this.registry.ask({ op: "find", id }) : [];
      const [ended] = await this.registry.ask({
        op: "kill",
        id,
        restart,
        ...(meant === undefined ? {} : { incarnation: meant.incarnation }),
      });
      // The answer may be here before the news is.
      if (ended !== undefined) this.#links.get(id)?.learn(newsOf(ended));
    });
  }

  async list(): Promise<readonly ActorInfo[]> {
    return this.#whileBusy(async () => this.registry.ask({ op: "list" }));
  }

  async find(id: string): Promise<ActorInfo> {
    const [info] = await this.#whileBusy(async () => this.registry.ask({ op: "find", id }));
    if (info === undefined) throw new ActorNotFoundError(`no actor has the id ${id}`);
    return info;
  }

  /** How a class or function travels to where it runs. @throws {NotSendableError} */
  codeOf(code: Parameters<typeof codeRefOf>[0]): CodeRef {
    return this.#options.isRemote === true ? portableRefOf(code) : codeRefOf(code);
  }

  handleOf<T>(ref: ActorRef): ActorHandle<T> {
    return makeHandle<T>(ref, (method, args) => this.call(ref, method, args));
  }

  /** Numbered before this returns, so that calls keep the order in which they are made. */
  call(ref: ActorRef, method: string, args: readonly unknown[], { signal }: CallOptions = {}): Promise<unknown> {
    const open: OpenCall = { what: `${ref.className}.${method}()`, args, promise: undefined };
    open.promise = this.#call(open, ref, method, signal);
    return open.promise;
  }

  async #call(open: OpenCall, ref: ActorRef, method: string, signal: AbortSignal | undefined): Promise<unknown> {
    const { what, args } = open;
    const { bytes, shared } = this.#encode(args, `argument of ${what}`);
    const payload: InlinePayload = { kind: "binary", bytes };
    if (signal?.aborted === true) throw new CallCancelledError(`${what} was cancelled before it was made`);
    const link = this.#linkTo(ref);
    const { promise: delivery, resolve: delivered } = Promise.withResolvers<undefined>();
    this.#noteDelivery(delivery);
    const { outcome, cancel } = link.call(method, payload, () => {
      delivered(undefined);
    });
    signal?.addEventListener("abort", cancel, { once: true });
    this.#count(1);
    this.#open.add(open);
    try {
      // It may wait for long before it is read.
      return await this.#valueOf(
        what,
        await (shared.length === 0 ? outcome : this.#whileHeld(shared, async () => outcome)),
      );
    } finally {
      this.#count(-1);
      this.#open.delete(open);
      signal?.removeEventListener("abort", cancel);
    }
  }

  /** Whether an argument is a reference to a shared object, which is given to a method as what it refers to. */
  hasReferences(args: readonly unknown[]): boolean {
    return args.some((arg) => arg instanceof SharedRef);
  }

  async dereferenced(args: readonly unknown[]): Promise<readonly unknown[]> {
    return Promise.all(args.map(async (arg) => (arg instanceof SharedRef ? arg.get() : arg)));
  }

  /** The group is gone, and everybody in it: who waits for a call hears it, and so does who makes one from now on. */
  lose(how: string): void {
    this.#lost = { code: "HostLost", message: how };
    this.registry.lose(how);
    for (const link of this.#links.values()) link.die(this.#lost);
  }

  async close(): Promise<void> {
    this.#subscription.unsubscribe();
    this.#unlisten();
    this.shared.close();
    // Whoever awaits a call hears that it was given up; that nobody awaits it is no error now.
    for (const { promise } of this.#open) promise?.catch(() => undefined);
    for (const link of this.#links.values())
      link.close(new ActorUsageError(`${link.ref.className}: the connection to its group was closed`));
    this.#links.clear();
  }

  /** A call that is made within a call is not lost when that one ends: it is waited for. */
  #noteDelivery(delivery: Promise<undefined>): void {
    const context = currentCall();
    if (context === undefined) return;
    const noted = delivery.then(() => {
      context.deliveries.delete(noted);
    });
    context.deliveries.add(noted);
  }

  async #valueOf(what: string, outcome: CallOutcome): Promise<unknown> {
    switch (outcome.kind) {
      case "returned": {
        const [value] = await decodeLoaded(await this.#bytesOf(outcome.value), this.hooks, this.loader);
        return value;
      }
      case "threw":
        throw errorFrom(outcome.failure);
      case "cancelled":
        throw new CallCancelledError(`${what} was cancelled`);
      case "refused":
        throw new PendingCallsLimitError(what, outcome.limit);
    }
  }

  async #bytesOf(payload: Payload): Promise<Uint8Array> {
    if ("bytes" in payload) return payload.bytes;
    const bytes = await this.blobs.get(payload);
    this.#discard(payload);
    return bytes;
  }

  /** What a call has stored in NATS goes with it. The registry removes it: nobody else may. */
  #discard({ ref }: StoredPayload): void {
    this.registry.tell({ op: "discard", blobs: [ref.id] });
  }

  #linkTo(ref: ActorRef): Link {
    const known = this.#links.get(ref.id);
    if (known !== undefined) return known;
    const link = new Link({
      bus: this.bus,
      blobs: this.blobs,
      ref,
      caller: this.caller,
      name: (this.#nextLink++).toString(36),
      find: async (id) => this.#newsOf(id),
      discard: (payload) => {
        this.#discard(payload);
      },
      onEnd: () => {
        link.close(new ActorUsageError("its link was closed"));
        this.#links.delete(ref.id);
      },
    });
    this.#links.set(ref.id, link);
    if (this.#lost !== undefined) link.die(this.#lost);
    return link;
  }

  async #newsOf(id: string): Promise<ActorNews | undefined> {
    try {
      const [info] = await this.registry.ask({ op: "find", id }, { timeoutMs: 5_000 });
      return info === undefined ? undefined : newsOf(info);
    } catch (error) {
      if (error instanceof ActorNotFoundError) return undefined;
      throw error;
    }
  }

  #refOf({ id, className, maxTaskRetries }: ActorInfo): ActorRef {
    return { id, className, scope: this.scope, maxTaskRetries };
  }

  /** @returns as `shared` the objects that the values refer to. */
  #encode(values: readonly unknown[], what: string): { bytes: Uint8Array; shared: readonly SharedData[] } {
    const shared: SharedData[] = [];
    const dataOf: ValueHooks["dataOf"] = (value) => {
      const data = sharedDataOf(value);
      if (data !== undefined) shared.push(data);
      return this.hooks.dataOf(value);
    };
    return { bytes: encodeValues(values, { ...this.hooks, dataOf }, what), shared };
  }

  async #whileHeld<T>(shared: readonly SharedData[], work: () => Promise<T>): Promise<T> {
    for (const data of shared) this.shared.hold(data);
    try {
      return await work();
    } finally {
      for (const { id } of shared) this.shared.release(id);
    }
  }

  #orderOf(
    cls: ActorClass,
    args: readonly unknown[],
    options: ActorOptions,
  ): { order: ActorOrder; shared: readonly SharedData[] } {
    const className = cls.name === "" ? "Actor" : cls.name;
    const { bytes, shared } = this.#encode(args, `argument of new ${className}()`);
    if (bytes.byteLength > MAX_ARGS_BYTES) {
      throw new NotSendableError(
        `the arguments of new ${className}() are ${bytes.byteLength} bytes; put() what is large and pass the reference`,
      );
    }
    const order = {
      id: randomBytes(9).toString("base64url"),
      className,
      code: this.codeOf(cls),
      args: Buffer.from(bytes).toString("base64"),
      parent: this.parent,
      ...neededBy(shared),
      ...resolveOptions(className, options),
    };
    return { order, shared };
  }

  async #whileBusy<T>(work: () => Promise<T>): Promise<T> {
    this.#count(1);
    try {
      return await work();
    } finally {
      this.#count(-1);
    }
  }

  #count(change: 1 | -1): void {
    this.#busy += change;
    if (this.#busy === (change === 1 ? 1 : 0)) this.#options.onBusy?.(change === 1);
  }
}

/** What has to be there whenever the actor begins. */
function neededBy(shared: readonly SharedData[]): Pick<ActorOrder, "objects" | "files"> {
  const places = shared.map(({ place }) => place);
  const objects = places.flatMap((place) => (place.kind === "stored" ? [place.payload.ref.id] : []));
  const files = places.flatMap((place) => (place.kind === "file" ? [place.path] : []));
  return { ...(objects.length === 0 ? {} : { objects }), ...(files.length === 0 ? {} : { files }) };
}

function newsOf({ id, status, incarnation, death }: ActorInfo): ActorNews {
  return { id, status, incarnation, death };
}
