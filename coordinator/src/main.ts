/** The coordinator's process: the only place that constructs, and that ends the process. */
import { randomBytes } from "node:crypto";
import { BlobFolder, connectBus, startHealthServer } from "@troupe/protocol";
import { readConfig } from "./config.ts";
import { GroupCoordinator } from "./shell/group-coordinator.ts";
import { newLog } from "./shell/log.ts";
import { startCoordinator } from "./shell/coordinator.ts";
import { streamSizes } from "./shell/stream-sizes.ts";

const randomId = (): string => randomBytes(4).toString("hex");

async function start(): Promise<() => Promise<void>> {
  const config = readConfig(process.env, randomId);
  // A new life is a new holder: what its former one still has under way is not its own.
  const id = `${config.id}.${randomId()}`;
  const log = newLog(config.logLevel, { component: "coordinator", coordinator: id });
  const creds = config.natsCreds === undefined ? {} : { creds: config.natsCreds };
  const bus = await connectBus({ url: config.natsUrl, name: id, ...creds });
  const streams = streamSizes(config.streamBytes);
  await using started = new AsyncDisposableStack();
  const payloads = config.payloads === undefined ? undefined : new BlobFolder(config.payloads);
  started.use(await startCoordinator(config.work, { bus, log, name: config.id, id, streams, payloads }));
  for (const scope of config.groups) started.use(new GroupCoordinator({ bus, log, id, scope, streams }));
  const unready = (): string | null => (bus.status === "connected" ? null : `NATS: ${bus.status}`);
  if (config.healthPort !== undefined) await startHealthServer({ port: config.healthPort, unready });
  const coordinators = started.move();
  return async () => {
    await coordinators.disposeAsync();
    await bus.close();
  };
}

const starting = start();
let stopping = false;

async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  const close = await starting;
  await close();
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
