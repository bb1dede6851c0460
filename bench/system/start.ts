/** A pipeline on this machine, as a user starts it. */
import type { LogLine } from "@troupe/local";
import type { RunningPipeline, StartedSystem } from "@troupe/sdk";
import type { Measured } from "../measure/cpu-meter.ts";
import type { AnyPipeline } from "./pipelines.ts";

export interface Running extends AsyncDisposable {
  readonly client: RunningPipeline;
  readonly local: StartedSystem;
  /** Every process, this one included as `client`. */
  readonly processes: () => Measured[];
}

export interface StartOptions {
  /** Bring timelines with the outcomes. */
  readonly timeline?: boolean;
}

/** Seeds claim cores and GPUs that this machine need not have. */
const LOGICAL = { cpus: 64, gpus: 8 };

/** Resolves once jobs may be submitted. */
export async function startPipeline(pipeline: AnyPipeline, options: StartOptions = {}): Promise<Running> {
  const client = await pipeline.start({ ...LOGICAL, ...options, onLog: printTrouble });
  const { local } = client;
  if (local === null) throw new Error("the pipeline was not started on this machine");
  return {
    client,
    local,
    processes: () => [
      { name: "client", pid: process.pid },
      ...local.processes().flatMap(({ name, pid }) => (pid === null ? [] : [{ name, pid }])),
    ],
    [Symbol.asyncDispose]: async () => client.close(),
  };
}

function printTrouble({ source, level, message, fields }: LogLine): void {
  if (level === "warn" || level === "error")
    console.error(`  ${source}: ${level}: ${message} ${JSON.stringify(fields)}`);
}
