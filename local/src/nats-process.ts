/** nats-server as a process of a system. Started again, it listens on the same port, so that everybody finds it. */
import type { ProcessSpec } from "./local-system.ts";
import { startNatsServer, type NatsServer } from "./nats-server.ts";
import type { StoreFolder } from "./store-folder.ts";

export interface NatsProcessOptions {
  readonly natsPort: number | undefined;
  readonly onLine: (line: string) => void;
}

export function natsProcess(
  binary: string,
  { path, temporary }: StoreFolder,
  { natsPort, onLine }: NatsProcessOptions,
): ProcessSpec<NatsServer> {
  let port = natsPort ?? 0;
  return {
    name: "nats",
    role: "nats",
    group: null,
    start: async () => {
      const server = await startNatsServer({ binary, folder: path, port, temporary, onLine });
      port = server.port;
      return server;
    },
  };
}
