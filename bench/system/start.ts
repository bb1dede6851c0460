/** A pipeline on this machine, and a client of it. */
import { connectBus, type Bus } from "@troupe/protocol";
import { compileRevision, type PipelineManifest } from "@troupe/model";
import type { LocalSystem } from "@troupe/local";
import type { PipelineClient } from "@troupe/sdk";
import { join } from "node:path";
import type { Measured } from "../measure/cpu-meter.ts";
import type { Troupe } from "./bundle.ts";

export interface Running extends AsyncDisposable {
  readonly system: LocalSystem;
  readonly client: PipelineClient;
  /** A connection that sees what passes. */
  readonly observer: Bus;
  /** Every process, this one included as `client`. */
  readonly processes: () => Measured[];
}

export interface StartOptions {
  /** Bring timelines with the outcomes. */
  readonly timeline?: boolean;
}

/** Seeds claim cores and GPUs that this machine need not have. */
const LOGICAL = { cpus: 64, gpus: 8 };
const MODULES = join(import.meta.dirname, "../modules.ts");

/** Resolves once a job may be submitted. */
export async function startPipeline(troupe: Troupe, manifest: PipelineManifest, options: StartOptions = {}): Promise<Running> {
  const revision = compileRevision(manifest, { namespace: "local" });
  const system = await troupe.startLocal({ revision, moduleFiles: [MODULES], ...LOGICAL, onLog: printTrouble });
  try {
    const { natsUrl } = system;
    const client = await troupe.connect({ nats: natsUrl, pipeline: revision.pipeline, timeline: options.timeline });
    const observer = await connectBus({ url: natsUrl, name: "bench" });
    return {
      system,
      client,
      observer,
      processes: () => [
        { name: "client", pid: process.pid },
        ...system.processes().flatMap(({ name, pid }) => (pid === null ? [] : [{ name, pid }])),
      ],
      [Symbol.asyncDispose]: async () => {
        await client.close();
        await observer.close();
        await system.close();
      },
    };
  } catch (error) {
    await system.close();
    throw error;
  }
}

function printTrouble({ source, level, message, fields }: Parameters<NonNullable<Parameters<Troupe["startLocal"]>[0]["onLog"]>>[0]): void {
  if (level === "warn" || level === "error") console.error(`  ${source}: ${level}: ${message} ${JSON.stringify(fields)}`);
}
