/** A whole operator: its copies of the cluster, its connection to NATS, and its controllers, which write only while it leads. */
import type { KubeConfig } from "@kubernetes/client-node";
import { startHealthServer } from "@troupe/protocol";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { OperatorConfig } from "./config.ts";
import type { Clock, Context } from "./context.ts";
import { makeControllers, type Controllers } from "./controllers.ts";
import { CREDENTIALS_FILE, groupCredentialsOf } from "./credentials/index.ts";
import { startInformers } from "./informers.ts";
import { KubeClient, type EventRecorder, type Observe } from "./kube/index.ts";
import type { Log } from "./log.ts";
import { Metrics } from "./metrics.ts";
import { LoadFeed } from "./nats/load-feed.ts";
import { NatsLink } from "./nats/nats-link.ts";
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

/** Runs until `signal` is aborted. */
export async function runOperator(options: OperatorOptions, signal: AbortSignal): Promise<void> {
  const { config, log } = options;
  const metrics = new Metrics();
  const observe = observeWith(log, metrics.observe);
  await using parts = new AsyncDisposableStack();
  const client = KubeClient.for(options.kubeConfig, "troupe-operator");
  parts.defer(() => {
    client.close();
  });
  const informers = parts.use(startInformers({ client, namespaces: config.namespaces, observe }));
  const sweeper = new ConfigMapSweeper(client, { namespace: config.ownNamespace, name: SWEEP });
  const hooks = new Hooks(log, metrics, sweeper);
  const nats = parts.use(connect(config, hooks));
  const feed = parts.use(
    new LoadFeed(
      (scope) => nats.known(scope),
      (scope) => hooks.controllers?.loadChanged(scope),
    ),
  );
  hooks.feed = feed;
  const state = { unready: "the cluster has not been read yet" as string | null };
  const health = parts.use(
    await startHealthServer({
      port: config.healthPort,
      unready: () => state.unready,
      metrics: () => metrics.text(),
    }),
  );
  await Promise.race([informers.synced, aborted(signal)]);
  if (signal.aborted) return;
  state.unready = null;
  options.onStarted?.({ healthPort: health.port });
  const { installation } = config;
  const credentials = groupCredentialsOf(config.credentialsFolder);
  const events = parts.use(loggedEvents(log));
  const context = { client, informers, events, nats, sweeper, installation, credentials, clock: options.clock };
  await lead(context, hooks, observe, signal);
}

async function lead(context: Context, hooks: Hooks, observe: Observe, signal: AbortSignal): Promise<void> {
  const controllers = makeControllers(context, observe);
  hooks.controllers = controllers;
  hooks.nats = context.nats;
  hooks.sweep();
  await Promise.all([controllers.pipelines.run(signal), controllers.groups.run(signal)]);
}

function connect(config: OperatorConfig, hooks: Hooks): NatsLink {
  return new NatsLink({
    url: config.natsUrl,
    creds: credentialsFile(config.credentialsFolder),
    onLoad: (scope) => hooks.feed?.heard(scope),
    onChange: () => {
      hooks.natsChanged();
    },
  });
}

/** What is called before it is there: NATS may come before the cluster has been read. */
class Hooks {
  controllers: Controllers | undefined;
  feed: LoadFeed | undefined;
  nats: NatsLink | undefined;
  readonly #log: Log;
  readonly #metrics: Metrics;
  readonly #sweeper: Sweeper;

  constructor(log: Log, metrics: Metrics, sweeper: Sweeper) {
    this.#log = log;
    this.#metrics = metrics;
    this.#sweeper = sweeper;
  }

  natsChanged(): void {
    const state = this.nats?.state;
    if (state === undefined) return;
    this.#log.info("NATS", { ...state });
    this.#metrics.natsIs(state.kind === "connected");
    this.controllers?.resync();
    this.sweep();
  }

  /** Nobody waits for it; what fails is tried again with the next connection. */
  sweep(): void {
    const bus = this.nats?.bus ?? null;
    if (bus === null) return;
    this.#sweeper.sweep(bus).then(
      (count) => {
        if (count > 0) this.#log.info("swept what deleted pipelines had left", { count });
      },
      (error: unknown) => {
        this.#log.warn("could not sweep", { error: error instanceof Error ? error.message : String(error) });
      },
    );
  }
}

function loggedEvents(log: Log): EventRecorder {
  return {
    record: ({ kind, metadata }, fact) => {
      log.info("event", { kind, namespace: metadata.namespace, name: metadata.name, ...fact });
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
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
