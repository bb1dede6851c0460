/** The coordinator's process: the only place that constructs, and that ends the process. */
import { randomBytes } from "node:crypto";
import {
  BlobFolder,
  connectBus,
  metricsText,
  processMetrics,
  startHealthServer,
  waitForBus,
  waitsForNats,
  type Bus,
  type ConnectError,
} from "@troupe/protocol";
import { readConfig } from "./config.ts";
import { startCoordinator, type Coordinator } from "./shell/coordinator.ts";
import { GroupCoordinator } from "./shell/group-coordinator.ts";
import { newLog, type Log } from "./shell/log.ts";
import { coordinatorMetrics } from "./shell/metrics.ts";
import { streamSizes } from "./shell/stream-sizes.ts";

/** How often it is said what is waited for. */
const SAY_WAITING_MS = 15_000;

const randomId = (): string => randomBytes(4).toString("hex");

let bus: Bus | undefined;
let coordinator: Coordinator | undefined;
const started = new AsyncDisposableStack();

async function start(): Promise<void> {
  const config = readConfig(process.env, randomId);
  // A new life is a new holder: what its former one still has under way is not its own.
  const id = `${config.id}.${randomId()}`;
  const log = newLog(config.logLevel, { component: "coordinator", coordinator: id });
  const metrics = (): string =>
    metricsText([
      ...coordinatorMetrics([...(coordinator?.parts ?? [])], [...(coordinator?.groups ?? [])]),
      ...processMetrics(),
    ]);
  if (config.healthPort !== undefined) await startHealthServer({ port: config.healthPort, unready, metrics });
  const creds = config.natsCreds === undefined ? {} : { creds: config.natsCreds };
  const connection = { url: config.natsUrl, name: id, ...creds };
  bus = await (waitsForNats(process.env) ? waitForBus(connection, sayWaiting(log)) : connectBus(connection));
  const streams = streamSizes(config.streamBytes);
  const payloads = config.payloads === undefined ? undefined : new BlobFolder(config.payloads);
  const common = { bus, log, id, streams, streamReplicas: config.streamReplicas };
  coordinator = started.use(await startCoordinator(config.work, { ...common, name: config.id, payloads }));
  for (const scope of config.groups) started.use(new GroupCoordinator({ ...common, scope }));
}

function unready(): string | null {
  if (bus === undefined) return "waiting for NATS";
  if (bus.status !== "connected") return `NATS: ${bus.status}`;
  return coordinator === undefined ? "starting" : null;
}

function sayWaiting(log: Log): (error: ConnectError) => void {
  let saidAt = -Infinity;
  return ({ message }) => {
    if (performance.now() - saidAt < SAY_WAITING_MS) return;
    saidAt = performance.now();
    log.warn("waiting for NATS", { error: message });
  };
}

const starting = start();
let stopping = false;

async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  if (bus === undefined) process.exit(0); // it holds nothing yet
  await starting;
  await started.disposeAsync();
  await bus.close();
  process.exit(0);
}

process.on("SIGTERM", () => void stop());
process.on("SIGINT", () => void stop());
// Started by a parent that is gone: nobody would ever stop it.
process.on("disconnect", () => void stop());

starting.catch((error: unknown) => {
  const text = error instanceof Error ? error.message : String(error);
  newLog("error", { component: "coordinator" }).error("cannot start", { error: text });
  process.exit(1);
});
