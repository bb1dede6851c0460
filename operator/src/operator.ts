/** A whole operator: its copies of the cluster, its connection to NATS, and its controllers, which write only while it leads. */
import type { KubeConfig } from "@kubernetes/client-node";
import { startHealthServer } from "@troupe/protocol";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { OperatorConfig } from "./config.ts";
import type { Clock, Context } from "./context.ts";
import { makeControllers, type Controllers } from "./controllers.ts";
import { CREDENTIALS_FILE, groupCredentialsOf } from "./credentials/index.ts";
import { startInformers, type Informers } from "./informers.ts";
import { KubeClient, runAsLeader, startEventRecorder, type Observe, type WriteGate } from "./kube/index.ts";
import type { NatsState } from "./group/group-view.ts";
import type { Log } from "./log.ts";
import { Metrics } from "./metrics.ts";
import { DurabilityProbe } from "./nats/durability-probe.ts";
import { LoadFeed } from "./nats/load-feed.ts";
import { NatsLink, type NatsView } from "./nats/nats-link.ts";
import { ConfigMapSweeper, type Sweeper } from "./nats/sweeper.ts";
import { observeWith } from "./observe-with.ts";

export interface OperatorOptions {
  readonly config: OperatorConfig;
  readonly kubeConfig: KubeConfig;
  readonly clock: Clock;
  readonly log: Log;
  /** Called once the cluster has been read and health is served. */
  readonly onStarted?: (started: { readonly healthPort: number }) => void;
}

/** Name of the ConfigMap in which it stands what is to be swept. */
const SWEEP = "troupe-sweep";

/**
 * Runs until `signal` is aborted, or until somebody else may lead: then what this process believes is old, and whoever started it starts it again.
 */
export async function runOperator(options: OperatorOptions, signal: AbortSignal): Promise<"stopped" | "lost"> {
  const { config, log } = options;
  const metrics = new Metrics();
  const observe = observeWith(log, metrics.observe);
  await using parts = new AsyncDisposableStack();
  const client = KubeClient.for(options.kubeConfig, "troupe-operator");
  parts.defer(() => {
    client.close();
  });
  const informers = parts.use(
    startInformers({ client, namespaces: config.namespaces, watchWindowMs: config.watchMs, observe }),
  );
  const hooks = new Hooks(log, metrics);
  const nats = parts.use(connect(config, hooks));
  hooks.feed = parts.use(
    new LoadFeed(
      (scope) => nats.known(scope),
      (scope) => hooks.controllers?.loadChanged(scope),
    ),
  );
  const state = { unready: "the cluster has not been read yet" as string | null };
  const health = parts.use(
    await startHealthServer({
      port: config.healthPort,
      unready: () => state.unready,
      metrics: () => metrics.text(),
    }),
  );
  await Promise.race([informers.synced, aborted(signal)]);
  if (signal.aborted) return "stopped";
  state.unready = null;
  options.onStarted?.({ healthPort: health.port });
  const work = async (gate: WriteGate | null, end: AbortSignal): Promise<void> => {
    const gated = gate === null ? { client, nats } : { client: client.gatedBy(gate), nats: nats.gatedBy(gate) };
    return reconcile({ options, ...gated, informers, hooks, observe }, end);
  };
  // Awaited here: with the end of this function its parts end.
  return await lead(client, { config, observe }, work, signal);
}

/** Another may wait for the Lease with everything read already. */
async function lead(
  client: KubeClient,
  { config, observe }: { readonly config: OperatorConfig; readonly observe: Observe },
  work: (gate: WriteGate | null, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<"stopped" | "lost"> {
  const { lease, identity, ownNamespace: namespace } = config;
  if (lease !== undefined) {
    const election = { client, lease: { namespace, name: lease }, identity, observe };
    return runAsLeader(election, work, signal);
  }
  await work(null, signal);
  return "stopped";
}

interface Parts {
  readonly options: OperatorOptions;
  readonly client: KubeClient;
  readonly informers: Informers;
  readonly nats: NatsView;
  readonly hooks: Hooks;
  readonly observe: Observe;
}

async function reconcile(
  { options, client, informers, nats, hooks, observe }: Parts,
  signal: AbortSignal,
): Promise<void> {
  const { config, clock } = options;
  const { ownNamespace: namespace, identity, natsCaFile } = config;
  const natsCa = natsCaFile === undefined ? null : await readFile(natsCaFile, "utf8");
  const installation = { ...config.installation, natsCa };
  await using events = startEventRecorder({ client, observe, controller: "troupe.dev/operator", instance: identity });
  const sweeper = new ConfigMapSweeper(client, { namespace, name: SWEEP });
  const credentials = groupCredentialsOf(config.credentialsFolder);
  const durability = new DurabilityProbe({
    store: config.natsStore,
    monitorUrls: config.natsMonitorUrls,
    nowMs: clock.nowMs,
  });
  const context: Context = { client, informers, events, nats, durability, sweeper, installation, credentials, clock };
  const controllers = makeControllers(context, { observe, resyncMs: config.resyncMs });
  hooks.begin({ controllers, nats, sweeper });
  await Promise.all([controllers.pipelines.run(signal), controllers.groups.run(signal)]);
}

function connect(config: OperatorConfig, hooks: Hooks): NatsLink {
  return new NatsLink({
    url: config.natsUrl,
    creds: credentialsFile(config.credentialsFolder),
    streamReplicas: config.streamReplicas,
    onLoad: (scope) => hooks.feed?.heard(scope),
    onChange: (state) => {
      hooks.natsChanged(state);
    },
  });
}

/** What is called before it is there: NATS may come before this process leads. */
class Hooks {
  feed: LoadFeed | undefined;
  readonly #log: Log;
  readonly #metrics: Metrics;
  #parts: { readonly controllers: Controllers; readonly nats: NatsView; readonly sweeper: Sweeper } | undefined;

  constructor(log: Log, metrics: Metrics) {
    this.#log = log;
    this.#metrics = metrics;
  }

  get controllers(): Controllers | undefined {
    return this.#parts?.controllers;
  }

  begin(parts: { readonly controllers: Controllers; readonly nats: NatsView; readonly sweeper: Sweeper }): void {
    this.#parts = parts;
    this.#sweep();
  }

  natsChanged(state: NatsState): void {
    this.#log.info("NATS", { ...state });
    this.#metrics.natsIs(state.kind === "connected");
    this.controllers?.resync();
    this.#sweep();
  }

  /** Nobody waits for it; what fails is tried again with the next connection. */
  #sweep(): void {
    const bus = this.#parts?.nats.bus ?? null;
    if (bus === null) return;
    this.#parts?.sweeper.sweep(bus).then(
      (count) => {
        if (count > 0) this.#log.info("swept what deleted pipelines had left", { count });
      },
      (error: unknown) => {
        this.#log.warn("could not sweep", { error: error instanceof Error ? error.message : String(error) });
      },
    );
  }
}

function credentialsFile(folder: string | undefined): string | undefined {
  const file = folder === undefined ? undefined : join(folder, CREDENTIALS_FILE);
  return file !== undefined && existsSync(file) ? file : undefined;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener(
      "abort",
      () => {
        resolve();
      },
      { once: true },
    );
  });
}
