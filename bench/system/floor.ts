/**
 * The way of one job through three groups with nothing in it: the same number of appends, messages through NATS, processes and changes of thread,
 * one after another, and no Troupe. What a job takes beyond it is Troupe's own.
 */
import { connectBus, ensureStream } from "@troupe/protocol";
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Measured } from "../measure/cpu-meter.ts";
import { MIB } from "../measure/sizes.ts";
import type { Context } from "../sections/section.ts";
import { FLOOR } from "./floor-subjects.ts";

/** Groups of the chain, and the longest way through the diamond. */
const STEPS = 3;
/** What a frame, a `run` and a `done` of an empty job have, give or take a hundred. */
const MESSAGE_BYTES = 400;

export interface Floor extends AsyncDisposable {
  /** One message on its way, from this process and back to it. */
  readonly pass: () => Promise<void>;
  /** Every process, but for this one. */
  readonly processes: readonly Measured[];
}

export async function startFloor({ troupe, natsServer }: Context): Promise<Floor> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "troupe-bench-"));
  stack.defer(async () => rm(folder, { recursive: true, force: true }));
  const server = await troupe.startNatsServer({ binary: natsServer, folder, port: 0, temporary: true });
  stack.defer(async () => {
    process.kill(server.pid, "SIGTERM");
    await server.exited;
  });
  const bus = stack.use(await connectBus({ url: server.url, name: "floor" }));
  const room = { maxBytes: 1024 * MIB, discard: "new" } as const;
  await ensureStream(bus, { name: FLOOR.stream, subjects: [FLOOR.journal], ...room });
  const processes: Measured[] = [{ name: "nats", pid: server.pid }];
  const start = async (name: string, ...args: readonly string[]): Promise<void> => {
    const child = fork(join(import.meta.dirname, "relay.ts"), [...args], { stdio: "inherit" });
    stack.defer(async () => end(child));
    await once(child, "message");
    processes.push({ name, pid: child.pid ?? 0 });
  };
  await start("owner", "owner", server.url, String(STEPS));
  for (let step = 1; step <= STEPS; step++) await start(`agent-${step}`, "agent", server.url, String(step));
  const kept = stack.move();
  const body = new Uint8Array(MESSAGE_BYTES);
  return {
    processes,
    pass: async () => {
      await bus.request(FLOOR.submit, body, { timeoutMs: 10_000 });
    },
    [Symbol.asyncDispose]: async () => kept.disposeAsync(),
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill();
  await once(child, "exit");
}
