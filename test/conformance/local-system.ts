/** Systems of the conformance cases on this machine. */
import { connectBus, decodeUp, subjectsOf } from "@troupe/protocol";
import type { LogLine, Pipeline, StartedSystem } from "@troupe/sdk";
import { eventually } from "../support/eventually.ts";
import type { MakeOptions, System } from "./system.ts";

/** More than any case claims, whatever this machine has. */
const PLENTY = 16;

export async function makeLocalSystem(
  pipeline: Pipeline<string>,
  { cpus = PLENTY, gpus = PLENTY }: MakeOptions = {},
): Promise<System> {
  const lines: LogLine[] = [];
  const onLog = (line: LogLine): void => {
    if (line.source !== "nats" && !line.source.startsWith("coordinator-")) lines.push(line);
  };
  const running = await pipeline.start({ timeline: true, cpus, gpus, onLog });
  if (running.local === null) throw new Error("it was to run here");
  await allReady(running.local);
  return {
    client: running,
    lines,
    close: async () => running.close(),
    [Symbol.asyncDispose]: async () => running.close(),
  };
}

async function allReady(system: StartedSystem): Promise<void> {
  const bus = await connectBus({ url: system.natsUrl, name: "conformance" });
  const waiting = new Set(system.processes().flatMap(({ role, name }) => (role === "replica" ? [name] : [])));
  bus.subscribe(subjectsOf(system.scope).ups, ({ data }) => {
    const { from, messages } = decodeUp(data);
    if (messages.some((message) => message.type === "beat" && message.state === "ready")) waiting.delete(from.replica);
  });
  try {
    await eventually("all replicas are ready", () => waiting.size === 0);
  } finally {
    await bus.close();
  }
}
