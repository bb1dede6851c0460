/** Starts a free group on this machine: one process that keeps nats-server, coordinator and actors, and ends with this one. */
import type { Scope } from "@troupe/protocol";
import type { ActorSettings, StartedGroup } from "@troupe/sdk";
import { fork, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { KEEPER_SETTINGS, type FromKeeper, type KeeperSettings, type ToKeeper } from "./keeper-protocol.ts";

const COMPILE_CACHE = join(tmpdir(), "node-compile-cache");
const UID = "local";
const END_MS = 10_000;

/** @throws {Error} with the name of the error that kept it from starting. Nothing is left behind then. */
export async function startActorGroup(settings: ActorSettings): Promise<StartedGroup> {
  const { namespace = "local", group = "actors", onLog } = settings;
  const scope: Scope = { namespace, pipeline: group, uid: UID };
  const child = fork(fileURLToPath(keeperEntry()), [], {
    env: {
      NODE_COMPILE_CACHE: COMPILE_CACHE,
      ...process.env,
      [KEEPER_SETTINGS]: JSON.stringify(keeperSettings(scope, settings)),
    },
    execArgv: ["--disable-warning=ExperimentalWarning"],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    detached: true,
  });
  const keeper = new Keeper(child, onLog);
  const { natsUrl, sharedFolder } = await keeper.ready;
  child.unref();
  child.channel?.unref();
  return {
    natsUrl,
    scope,
    sharedFolder,
    lost: keeper.lost,
    processes: async () => keeper.processes(),
    kill: (name, signal) => {
      keeper.say({ t: "signal", process: name, signal });
    },
    close: async () => keeper.close(),
  };
}

/** The bundle beside the running one, or the source. */
function keeperEntry(): URL {
  const bundled = new URL("./keeper.js", import.meta.url);
  return existsSync(fileURLToPath(bundled)) ? bundled : new URL("./keeper-main.ts", import.meta.url);
}

function keeperSettings({ namespace, pipeline, uid }: Scope, settings: ActorSettings): KeeperSettings {
  return {
    namespace,
    group: pipeline,
    uid,
    cpus: settings.cpus ?? null,
    gpus: settings.gpus ?? null,
    natsServer: settings.natsServer ?? null,
    natsPort: settings.natsPort ?? null,
    storeDir: settings.storeDir ?? null,
    logLevel: settings.logLevel ?? "error",
    spares: settings.spares ?? 1,
    sendLines: settings.onLog !== undefined,
  };
}

class Keeper {
  readonly ready: Promise<Extract<FromKeeper, { t: "ready" }>>;
  /** How it ended, unless it was asked to. */
  readonly lost: Promise<string>;
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  #isClosing = false;
  readonly #waiting: ((processes: Readonly<Record<string, number>>) => void)[] = [];

  constructor(child: ChildProcess, onLog: ActorSettings["onLog"]) {
    this.#child = child;
    this.#exited = new Promise((resolve) => {
      child.once("exit", () => {
        resolve();
      });
    });
    this.lost = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        const how = signal === null ? `ended with exit code ${code ?? 0}` : `was ended by ${signal}`;
        if (!this.#isClosing) resolve(`the process that keeps the actors of this program ${how}`);
      });
    });
    this.ready = new Promise((resolve, reject) => {
      child.on("message", (message: FromKeeper) => {
        if (message.t === "ready") resolve(message);
        else if (message.t === "failed") reject(Object.assign(new Error(message.message), { name: message.name }));
        else if (message.t === "line")
          onLog?.({ source: message.source, level: null, message: message.line, fields: {} });
        else for (const give of this.#waiting.splice(0)) give(message.processes);
      });
      child.once("exit", (code) => {
        reject(
          new Error(`the process that keeps the actors ended with exit code ${code ?? "(none)"} before it was ready`),
        );
      });
      child.once("error", reject);
    });
  }

  say(message: ToKeeper): void {
    if (this.#child.connected) this.#child.send(message);
  }

  async processes(): Promise<Readonly<Record<string, number>>> {
    const { promise, resolve } = Promise.withResolvers<Readonly<Record<string, number>>>();
    this.#waiting.push(resolve);
    this.#child.channel?.ref();
    this.say({ t: "processes" });
    try {
      return await promise;
    } finally {
      this.#child.channel?.unref();
    }
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    this.#child.ref();
    if (this.#child.connected) this.#child.disconnect();
    const patience = setTimeout(() => {
      this.#child.kill("SIGKILL");
    }, END_MS);
    await this.#exited;
    clearTimeout(patience);
  }
}
