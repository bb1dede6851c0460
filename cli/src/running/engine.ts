/** A system on this machine that runs one revision, and a client of it. */
import type { Revision } from "@troupe/model";
import { connectBus, decodeUp, subjectsOf, type Bus } from "@troupe/protocol";
import { connect, type PipelineClient } from "@troupe/sdk";
import { Board } from "./board.ts";

export interface EngineOptions {
  readonly revision: Revision;
  readonly moduleFiles: readonly string[];
  readonly cpus: number | undefined;
  readonly gpus: number | undefined;
  /** A line of a module's, or of what went wrong with a process. */
  readonly say: (line: string) => void;
}

export interface Engine extends AsyncDisposable {
  readonly client: PipelineClient;
  readonly board: Board;
  /** Resolves when all replicas are ready, one of them cannot be started, or the time is over. */
  ready(timeoutMs: number, signal: AbortSignal): Promise<void>;
}

const LOOK_MS = 5;

/** @throws {LocalError} with code and hint; nothing is left behind then */
export async function openEngine({ revision, moduleFiles, cpus, gpus, say }: EngineOptions): Promise<Engine> {
  const { startLocal, printLogLine } = await import("@troupe/local");
  const system = await startLocal({
    revision,
    moduleFiles,
    cpus,
    gpus,
    onLog: (line) => {
      if (line.source !== "nats" || line.level === "error") say(printLogLine(line));
    },
    onEvent: (event) => {
      if (event.type === "exited") say(`${event.process} ended (${event.reason}) and is started again`);
      if (event.type === "restart-failed") say(`${event.process} cannot be started again: ${event.error.message}`);
    },
  });
  try {
    const bus = await connectBus({ url: system.natsUrl, name: "troupe run" });
    const board = new Board(revision);
    bus.subscribe(subjectsOf(system.scope).ups, ({ data }) => {
      board.heard(decodeUp(data));
    });
    const { namespace, pipeline, uid } = system.scope;
    const client = await connect({ nats: system.natsUrl, namespace, pipeline, uid, timeline: true });
    return {
      client,
      board,
      ready: async (timeoutMs, signal) => untilReady(board, timeoutMs, signal),
      [Symbol.asyncDispose]: closer(client, bus, system),
    };
  } catch (error) {
    await system.close();
    throw error;
  }
}

function closer(client: PipelineClient, bus: Bus, system: { close(): Promise<void> }): () => Promise<void> {
  return async () => {
    await Promise.all([client.close(), bus.close()]);
    await system.close();
  };
}

async function untilReady(board: Board, timeoutMs: number, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!board.allReady() && board.problems().length === 0 && performance.now() < deadline && !signal.aborted) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
