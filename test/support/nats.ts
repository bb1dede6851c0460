/** A real nats-server for a test, on a free port, gone with the test. */
import { findNatsServer, startNatsServer, type NatsServer } from "@troupe/local";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export interface TestNats extends AsyncDisposable {
  readonly url: string;
  readonly server: NatsServer;
  /** Where its store is. */
  readonly folder: string;
  /** SIGKILL, and started again on the same port and store. */
  restart(): Promise<void>;
  kill(): Promise<void>;
  start(): Promise<void>;
}

/** @param within a folder that is there, such as one on a file system of its own. Default: that for temporary files. */
export async function testNats({ within = tmpdir() }: { readonly within?: string } = {}): Promise<TestNats> {
  const binary = findNatsServer({ root: resolve(import.meta.dirname, "../.."), env: process.env });
  const folder = await mkdtemp(join(within, "troupe-test-"));
  let server = await startNatsServer({ binary, folder, port: 0, temporary: true });
  const { port } = server;
  const kill = async (): Promise<void> => {
    try {
      process.kill(server.pid, "SIGKILL");
    } catch {
      // Ended already.
    }
    await server.exited;
  };
  const start = async (): Promise<void> => {
    server = await startNatsServer({ binary, folder, port, temporary: true });
  };
  return {
    url: server.url,
    folder,
    get server() {
      return server;
    },
    kill,
    start,
    restart: async () => {
      await kill();
      await start();
    },
    [Symbol.asyncDispose]: async () => {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
