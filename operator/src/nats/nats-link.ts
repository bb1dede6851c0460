/** The operator's connection to NATS, which may come late, go, and come back: the operator runs on without it, and says so. */
import {
  connectBus,
  ensureBuckets,
  JetStreamOffError,
  watchLoad,
  type Bus,
  type LoadView,
  type LoadWatch,
  type Scope,
} from "@troupe/protocol";
import type { NatsState } from "../group/group-view.ts";
import type { WriteGate } from "../kube/index.ts";
import { GatedBus } from "./gated-bus.ts";

export interface NatsLinkOptions {
  readonly url: string;
  /** Path of a credentials file. */
  readonly creds: string | undefined;
  /** On how many servers buckets are kept, at least. */
  readonly streamReplicas: number;
  /** Called when the connection comes or goes. */
  readonly onChange: (state: NatsState) => void;
  /** Called when a pipeline's load was heard. */
  readonly onLoad: (scope: Scope) => void;
}

/** What visits see of it. */
export interface NatsView {
  readonly state: NatsState;
  /** Counts connections: what was checked on an earlier one has to be checked again. */
  readonly connection: number;
  /** Null: not connected, or JetStream is off. */
  readonly bus: Bus | null;
  /** What is known of a pipeline at this moment. */
  known(scope: Scope): LoadView;
}

/** What is between two attempts to connect. */
const RETRY_MS = 2_000;
const NOTHING: LoadView = { load: null, stalled: null, groups: new Map() };

export class NatsLink implements NatsView, AsyncDisposable {
  readonly #options: NatsLinkOptions;
  readonly #abort = new AbortController();
  #bus: Bus | undefined;
  #watch: LoadWatch | undefined;
  #state: NatsState;
  #connection = 0;
  readonly #loop: Promise<void>;

  constructor(options: NatsLinkOptions) {
    this.#options = options;
    this.#state = { kind: "unreachable", message: `NATS at ${options.url} has not been reached yet.` };
    this.#loop = this.#run();
  }

  get state(): NatsState {
    return this.#state;
  }

  get connection(): number {
    return this.#connection;
  }

  get bus(): Bus | null {
    return this.#state.kind === "connected" ? (this.#bus ?? null) : null;
  }

  /** The same connection, on which nothing is written but while the gate lets it. */
  gatedBy(gate: WriteGate): NatsView {
    return new GatedNats(this, gate);
  }

  known(scope: Scope): LoadView {
    return this.#watch?.known(scope) ?? NOTHING;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.#loop;
    this.#watch?.[Symbol.dispose]();
    await this.#bus?.close();
  }

  async #run(): Promise<void> {
    while (!this.#abort.signal.aborted && this.#state.kind !== "connected") {
      try {
        await this.#connect();
        return;
      } catch (error) {
        this.#enter(stateOf(error));
        await pause(RETRY_MS, this.#abort.signal);
      }
    }
  }

  async #connect(): Promise<void> {
    const { url, creds, streamReplicas } = this.#options;
    this.#bus ??= await connectBus({ url, name: "troupe operator", ...(creds === undefined ? {} : { creds }) });
    const bus = this.#bus;
    await ensureBuckets(bus, streamReplicas);
    this.#watch ??= await watchLoad(bus, this.#options.onLoad);
    this.#connection += 1;
    this.#enter({ kind: "connected" });
    bus.onStatus((status) => {
      if (status === "connected") void this.#returned(bus);
      else this.#enter({ kind: "unreachable", message: `NATS at ${url} was reached, and is not any more.` });
    });
  }

  /** A server that comes back may have lost its buckets. */
  async #returned(bus: Bus): Promise<void> {
    try {
      await ensureBuckets(bus, this.#options.streamReplicas);
      this.#connection += 1;
      this.#enter({ kind: "connected" });
    } catch (error) {
      this.#enter(stateOf(error));
      await pause(RETRY_MS, this.#abort.signal);
      if (!this.#abort.signal.aborted && bus.status === "connected") await this.#returned(bus);
    }
  }

  #enter(state: NatsState): void {
    const isNews = JSON.stringify(state) !== JSON.stringify(this.#state) || state.kind === "connected";
    this.#state = state;
    if (isNews) this.#options.onChange(state);
  }
}

class GatedNats implements NatsView {
  readonly #link: NatsLink;
  readonly #gate: WriteGate;

  constructor(link: NatsLink, gate: WriteGate) {
    this.#link = link;
    this.#gate = gate;
  }

  get state(): NatsState {
    return this.#link.state;
  }

  get connection(): number {
    return this.#link.connection;
  }

  get bus(): Bus | null {
    const { bus } = this.#link;
    return bus === null ? null : new GatedBus(bus, this.#gate);
  }

  known(scope: Scope): LoadView {
    return this.#link.known(scope);
  }
}

function stateOf(error: unknown): NatsState {
  const message = error instanceof Error ? error.message : String(error);
  return error instanceof JetStreamOffError ? { kind: "jetstream-off", message } : { kind: "unreachable", message };
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
