/** A program's connection to a group, held by a thread of its own that keeps nothing alive. */
import { PortBus, type Bus, type ConnectOptions, type Scope } from "@troupe/protocol";
import { randomBytes } from "node:crypto";
import { MessageChannel, Worker } from "node:worker_threads";
import type { BusThreadStart, BusThreadWord, ToBusThread } from "./bus-thread.ts";

export interface ThreadBus {
  readonly bus: Bus;
  /** Says for the program what it holds of shared objects, however long it computes. */
  readonly tellHolds: (objects: readonly string[]) => void;
  /** Says good-bye, so that what the client has created ends at once, and closes the connection. */
  close(): Promise<void>;
}

/** @throws what connecting throws, by its name. */
export async function openThreadBus(connect: ConnectOptions, scope: Scope, client: string): Promise<ThreadBus> {
  const { port1, port2 } = new MessageChannel();
  const start: BusThreadStart = { connect, scope, client, port: port2 };
  const worker = new Worker(entry(), {
    workerData: start,
    transferList: [port2],
    name: "troupe bus",
    execArgv: ["--disable-warning=ExperimentalWarning"],
  });
  const maxPayload = await connected(worker);
  const bus = new PortBus(port1, { inbox: `_INBOX.${randomBytes(12).toString("hex")}`, maxPayload });
  port1.unref();
  worker.unref();
  const say = (message: ToBusThread): void => {
    worker.postMessage(message);
  };
  return {
    bus,
    tellHolds: (objects) => {
      say({ t: "holds", objects });
    },
    close: async () => {
      worker.ref();
      const closed = new Promise((resolve) => {
        worker.once("exit", resolve);
      });
      say({ t: "close" });
      await closed;
      await bus.close();
    },
  };
}

/** Beside the bundle that runs, or among the sources. */
function entry(): URL {
  return new URL(import.meta.url.endsWith(".ts") ? "./bus-thread.ts" : "./bus-thread.js", import.meta.url);
}

async function connected(worker: Worker): Promise<number> {
  return new Promise((resolve, reject) => {
    worker.once("message", (word: BusThreadWord) => {
      if (word.t === "connected") resolve(word.maxPayload);
      else if (word.t === "failed") reject(Object.assign(new Error(word.message), { name: word.name }));
    });
    worker.once("error", reject);
  });
}
