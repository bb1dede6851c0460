/** Entry of the process that keeps a free group on one machine: nats-server, a coordinator, and the nursery of its one replica. */
import { coordinatorEntry } from "@troupe/coordinator";
import { connectBus, type Bus, type Scope } from "@troupe/protocol";
import { ACTOR_ENV, Nursery } from "@troupe/runtime-image";
import { resolve } from "node:path";
import { startChild } from "../child.ts";
import { findNatsServer } from "../find-nats-server.ts";
import type { Machine } from "../ledger.ts";
import { LocalSystem } from "../local-system.ts";
import { observeMachine } from "../machine.ts";
import { natsProcess } from "../nats-process.ts";
import { openStoreFolder } from "../store-folder.ts";
import { openSharedFolder, type SharedFolder } from "./shared-folder.ts";
import { KEEPER_SETTINGS, type FromKeeper, type KeeperSettings, type ToKeeper } from "./keeper-protocol.ts";

/** `local/src/actors/` in a checkout, `.troupe/build/` in what was bundled from it. */
const ROOT = resolve(import.meta.dirname, import.meta.url.endsWith(".ts") ? "../../.." : "../..");
const REPLICA = "local-0";

const settings = JSON.parse(process.env[KEEPER_SETTINGS] ?? "{}") as KeeperSettings;
const cleanup = new AsyncDisposableStack();
let isEnding = false;

if (!process.connected)
  throw new Error("A keeper is started by startActors(), and ends with the program that called it.");
process.on("disconnect", () => void end(0));
process.on("SIGTERM", () => void end(0));
// Ctrl-C in a terminal reaches everybody; we end when the program does.
process.on("SIGINT", () => undefined);

try {
  await start();
} catch (error) {
  const { name, message } = error instanceof Error ? error : { name: "Error", message: String(error) };
  say({ t: "failed", name, message });
  await end(1);
}

async function start(): Promise<void> {
  const { namespace, group, uid } = settings;
  const scope: Scope = { namespace, pipeline: group, uid };
  const capacity = await observeMachine({ cpus: settings.cpus ?? undefined, gpus: settings.gpus ?? undefined });
  const binary = findNatsServer({ binary: settings.natsServer ?? undefined, root: ROOT, env: process.env });
  const folder = await openStoreFolder(settings.storeDir ?? undefined);
  const system = new LocalSystem({ scope, folder, drainMs: 0, onEvent: () => undefined });
  cleanup.defer(async () => system.close());
  const { url } = await system.add(
    natsProcess(binary, folder, {
      natsPort: settings.natsPort ?? undefined,
      onLine: () => undefined,
    }),
  );
  system.listensAt(url);
  const starting = system.add({
    name: "coordinator-0",
    role: "coordinator",
    group: null,
    start: async () =>
      startChild({
        entry: coordinatorEntry(),
        env: {
          TROUPE_NATS_URL: url,
          TROUPE_NAMESPACE: namespace,
          TROUPE_GROUPS: `${group}:${uid}`,
          TROUPE_COORDINATOR_ID: "coordinator-0",
          TROUPE_LOG_LEVEL: settings.logLevel,
        },
        onLine: (line) => {
          print("coordinator", line);
        },
      }),
  });
  const shared = cleanup.use(openSharedFolder());
  const bus = await connectBus({ url, name: "nursery" });
  cleanup.defer(async () => bus.close());
  const nursery = nurseryOf(bus, scope, { url, capacity, shared });
  cleanup.defer(async () => nursery.close());
  await starting;
  process.on("message", (message: ToKeeper) => {
    if (message.t === "signal") signal(system, nursery, message);
    else say({ t: "processes", processes: processesOf(system, nursery) });
  });
  say({ t: "ready", natsUrl: url, sharedFolder: shared.path });
}

interface Place {
  readonly url: string;
  readonly capacity: Machine;
  readonly shared: SharedFolder;
}

function nurseryOf(bus: Bus, scope: Scope, { url, capacity, shared }: Place): Nursery {
  return new Nursery({
    bus,
    scope,
    replica: REPLICA,
    capacity,
    spares: settings.spares,
    files: shared.files,
    process: {
      env: {
        [ACTOR_ENV.natsUrl]: url,
        [ACTOR_ENV.namespace]: scope.namespace,
        [ACTOR_ENV.group]: scope.pipeline,
        [ACTOR_ENV.uid]: scope.uid,
        [ACTOR_ENV.sharedFolder]: shared.path,
      },
      onLine: print,
    },
  });
}

function processesOf(system: LocalSystem, nursery: Nursery): Record<string, number> {
  const own = system.processes().map(({ name, pid }): [string, number] => [name, pid ?? 0]);
  return Object.fromEntries([...own, ...nursery.pids]);
}

function signal(
  system: LocalSystem,
  nursery: Nursery,
  { process: name, signal: which }: Extract<ToKeeper, { t: "signal" }>,
): void {
  const pid = processesOf(system, nursery)[name];
  if (pid !== undefined && pid > 0) process.kill(pid, which);
}

function print(source: string, line: string): void {
  if (settings.sendLines) say({ t: "line", source, line });
  else process.stderr.write(`[${source}] ${line}\n`);
}

function say(message: FromKeeper): void {
  if (process.connected) process.send?.(message);
}

async function end(code: number): Promise<void> {
  if (isEnding) return;
  isEnding = true;
  await cleanup.disposeAsync();
  process.exit(code);
}
