/** Entry of a replica of a free-standing Group: a nursery, told everything by its pod. */
import {
  BlobStore,
  connectBus,
  ConnectError,
  inboxOf,
  metricsText,
  processMetrics,
  startHealthServer,
  waitForBus,
  waitsForNats,
  type Bus,
  type ConnectOptions,
} from "@troupe/protocol";
import { availableParallelism } from "node:os";
import { createAgentLog, type AgentLog } from "../agent/log.ts";
import { OptionsError } from "../agent/options.ts";
import { Nursery } from "./nursery.ts";
import { nurseryMetrics } from "./nursery-metrics.ts";
import { nurserySettingsOf, type NurserySettings } from "./nursery-options.ts";
import { ObjectFiles } from "./object-files.ts";

/** How often it is said what is waited for. */
const SAY_WAITING_MS = 15_000;

let nursery: Nursery | null = null;
let objects: ObjectFiles | null = null;
let isDraining = false;
let waitingFor = "NATS";
let isConnected: () => boolean = () => false;

try {
  await main();
} catch (error) {
  if (!(error instanceof OptionsError || error instanceof ConnectError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}

async function main(): Promise<void> {
  const settings = nurserySettingsOf(process.env, availableParallelism());
  const { scope, replica, healthPort } = settings;
  const pretty = process.stdout.isTTY && process.env["TROUPE_LOG_FORMAT"] !== "json";
  const common = { group: scope.pipeline, replica };
  const log = createAgentLog({ level: process.env["TROUPE_LOG_LEVEL"], pretty, common });
  // From the beginning: the first process of a container is ended by no signal that it does not heed.
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void leave(settings, log));
  if (process.connected) process.on("disconnect", () => process.exit(1));
  const metrics = (): string =>
    metricsText([...nurseryMetrics({ nursery, objects }, { group: scope.pipeline }), ...processMetrics()]);
  if (healthPort !== null) await startHealthServer({ port: healthPort, unready, metrics });
  const connection = connectionOf(settings);
  const bus = await (waitsForNats(process.env) ? waitForBus(connection, sayWaiting(log)) : connectBus(connection));
  isConnected = () => bus.status === "connected";
  objects = objectFiles(settings, bus, log);
  nursery = new Nursery({
    bus,
    ...(objects === null ? {} : { objects }),
    scope,
    replica,
    capacity: settings.capacity,
    process: {
      // Its actors read the same environment.
      env: {},
      onLine: (source, line) => {
        log.record("info", line, { actor: source });
      },
    },
  });
  log.record("info", "Takes actors", { ...settings.capacity });
}

function connectionOf({ natsUrl, natsCreds, scope, replica }: NurserySettings): ConnectOptions {
  return {
    url: natsUrl,
    name: `nursery ${replica}`,
    inboxPrefix: inboxOf(scope, scope.pipeline),
    ...(natsCreds === null ? {} : { creds: natsCreds }),
  };
}

function objectFiles({ objects: place, scope }: NurserySettings, bus: Bus, log: AgentLog): ObjectFiles | null {
  if (place === null) return null;
  const blobs = new BlobStore(bus, scope);
  return new ObjectFiles({
    ...place,
    read: (payload) => blobs.pieces(payload),
    onRefused: (object, why) => {
      log.record("warn", "A shared object gets no file: every actor that asks reads it from NATS", { object, why });
    },
  });
}

async function leave({ drainMs }: NurserySettings, log: AgentLog): Promise<void> {
  if (nursery === null) process.exit(0); // it keeps nobody yet
  if (isDraining) return;
  isDraining = true;
  log.record("info", "Is to end: takes no more actors, and waits for those that work", { forSeconds: drainMs / 1_000 });
  await nursery.drain(drainMs);
  await log.close();
  process.exit(0);
}

function unready(): string | null {
  if (nursery === null) return `waiting for ${waitingFor}`;
  if (!isConnected()) return "not connected to NATS";
  return isDraining ? "draining" : null;
}

function sayWaiting(log: AgentLog): (error: ConnectError) => void {
  let saidAt = -Infinity;
  return ({ message }) => {
    waitingFor = `NATS: ${message}`;
    if (performance.now() - saidAt < SAY_WAITING_MS) return;
    saidAt = performance.now();
    log.record("warn", "Waiting for NATS", { error: message });
  };
}
