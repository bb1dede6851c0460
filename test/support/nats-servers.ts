/** Real nats-servers with settings of their own, one or a cluster of them, gone with the test. */
import { findNatsServer } from "@troupe/local";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Daemon } from "./daemon.ts";
import { freePorts } from "./free-ports.ts";

export interface NatsServers extends AsyncDisposable {
  readonly url: string;
  /** Of all of them. */
  readonly monitorUrls: readonly string[];
  /** SIGKILL. @param name `s0`, `s1` and so on: its store stays */
  kill(name: string): Promise<void>;
  start(name: string): Promise<void>;
}

/** nats-servers, more than one as a cluster. @param jetstream what stands in that block beside the store; null: it is off */
export async function natsServers(jetstream: string | null, count = 1): Promise<NatsServers> {
  const folder = await mkdtemp(join(tmpdir(), "troupe-test-"));
  const command = findNatsServer({ root: resolve(import.meta.dirname, "../.."), env: process.env });
  const ports = await freePorts(3 * count);
  const [clients, monitors, routes] = [0, 1, 2].map((part) => ports.slice(part * count, (part + 1) * count)) as [
    number[],
    number[],
    number[],
  ];
  const monitorUrls = monitors.map((port) => `http://127.0.0.1:${port}`);
  const daemons = await Promise.all(
    clients.map(async (port, index) => {
      const settings = [
        `server_name: s${index}`,
        `listen: "127.0.0.1:${port}"`,
        `http: "127.0.0.1:${monitors[index]}"`,
        ...(jetstream === null
          ? []
          : [`jetstream { store_dir: ${JSON.stringify(join(folder, `s${index}`))}\n ${jetstream} }`]),
        ...(count === 1
          ? []
          : [
              `cluster { name: c, listen: "127.0.0.1:${routes[index]}", ` +
                `routes: [${routes.map((route) => `"nats://127.0.0.1:${route}"`).join(", ")}] }`,
            ]),
      ];
      const file = join(folder, `s${index}.conf`);
      await writeFile(file, settings.join("\n"));
      const healthz = `${monitorUrls[index]}/healthz${jetstream === null ? "" : "?js-enabled-only=true"}`;
      return new Daemon({
        command,
        args: ["-c", file],
        isReady: async () =>
          fetch(healthz).then(
            ({ ok }) => ok,
            () => false,
          ),
      });
    }),
  );
  await Promise.all(daemons.map(async (daemon) => daemon.start()));
  const named = (name: string): Daemon => {
    const daemon = daemons[Number(name.slice(1))];
    if (daemon === undefined) throw new Error(`there is no server ${name}`);
    return daemon;
  };
  return {
    url: clients.map((port) => `nats://127.0.0.1:${port}`).join(","),
    monitorUrls,
    kill: async (name) => named(name).kill(),
    start: async (name) => named(name).start(),
    [Symbol.asyncDispose]: async () => {
      for (const daemon of daemons) await daemon.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
