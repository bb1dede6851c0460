import { Worker } from "node:worker_threads";
import type { Failure } from "@troupe/protocol";
import { HOST_FLAGS, hostEntry } from "../entries.ts";
import type { FromHost, HostStart, ToHost } from "../host/protocol.ts";
import { Slots } from "../host/slots.ts";

/** A thread that is inside native code cannot be ended; after so long its process has to go. */
const TERMINATE_MS = 2_000;

export interface HostThreadOptions {
  readonly files: readonly string[];
  readonly group: string;
  readonly replica: string;
  readonly permits: number;
  readonly memoryMb: number | null;
}

export interface HostThreadListener {
  readonly onMessages: (messages: readonly FromHost[]) => void;
  /** Called once, after the last messages. `failure` says how it ended; a host that was told to end `HostExited` with code 1. */
  readonly onExit: (failure: Failure) => void;
}

/** One life of the thread that runs user code. */
export class HostThread {
  readonly slots: Slots;
  readonly #worker: Worker;
  #outgoing: ToHost[] = [];
  #transfers: ArrayBuffer[] = [];
  #error: Error | null = null;
  /** What the host said when an error of nobody's ended it. */
  #fatal: Failure | null = null;

  constructor(options: HostThreadOptions, listener: HostThreadListener) {
    const { files, group, replica, permits, memoryMb } = options;
    this.slots = Slots.ofPermits(permits);
    const start: HostStart = { mode: "serve", files, group, replica, permits, slots: this.slots.buffer };
    this.#worker = new Worker(hostEntry(), {
      workerData: start,
      name: "host",
      execArgv: [...HOST_FLAGS],
      ...(memoryMb === null ? {} : { resourceLimits: { maxOldGenerationSizeMb: memoryMb } }),
    });
    this.#worker.on("message", (messages: readonly FromHost[]) => {
      for (const message of messages) if (message.t === "fatal") this.#fatal = message.failure;
      listener.onMessages(messages);
    });
    this.#worker.on("error", (error) => {
      this.#error = error instanceof Error ? error : new Error(String(error));
    });
    this.#worker.on("exit", (code) => {
      listener.onExit(this.#fatal ?? exitFailure(this.#error, { code, memoryMb }));
    });
  }

  /** Orders of one turn of the event loop leave together by {@link flush}. */
  add(order: ToHost, transfers: readonly ArrayBuffer[] = []): void {
    this.#outgoing.push(order);
    for (const memory of transfers) this.#transfers.push(memory);
  }

  flush(): void {
    if (this.#outgoing.length === 0) return;
    const [orders, transfers] = [this.#outgoing, this.#transfers];
    this.#outgoing = [];
    this.#transfers = [];
    this.#worker.postMessage(orders, transfers);
  }

  /** Ends the thread wherever it is. @returns false when it survives. */
  async terminate(): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const survived = new Promise<boolean>((resolve) => {
      timer = setTimeout(resolve, TERMINATE_MS, false);
    });
    const ended = this.#worker.terminate().then(() => true);
    const gone = await Promise.race([ended, survived]);
    clearTimeout(timer);
    return gone;
  }
}

function exitFailure(error: Error | null, { code, memoryMb }: { code: number; memoryMb: number | null }): Failure {
  if (error !== null && "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY") {
    const limit = memoryMb === null ? "" : ` (limit ${memoryMb} MiB)`;
    const message = `The host ran out of memory${limit}. Give the group more memory, or keep less at a time.`;
    return { code: "HostOutOfMemory", message, kind: "retryable" };
  }
  const message = error === null ? `The host exited with code ${code}.` : `The host ended: ${error.message}`;
  return {
    code: "HostExited",
    message,
    kind: "retryable",
    ...(error?.stack === undefined ? {} : { stack: error.stack }),
  };
}
