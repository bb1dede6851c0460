/** The environment of one replica's agent. */
import { POD_ENV, type Scope } from "@troupe/protocol";
import type { CompiledGroup } from "@troupe/model";
import { delimiter } from "node:path";
import type { Placement } from "./ledger.ts";

export interface ReplicaSettings {
  readonly natsUrl: string;
  readonly payloads: string;
  readonly scope: Scope;
  readonly group: CompiledGroup;
  readonly replica: string;
  readonly moduleFiles: readonly string[];
  readonly gpus: Placement["gpus"];
  readonly drainMs: number;
}

const MIB = 1024 * 1024;

export function replicaEnv(settings: ReplicaSettings): Record<string, string> {
  const { natsUrl, payloads, scope, group, replica, moduleFiles, gpus, drainMs } = settings;
  const { memory } = group.resources;
  return {
    [POD_ENV.natsUrl]: natsUrl,
    [POD_ENV.payloads]: payloads,
    [POD_ENV.namespace]: scope.namespace,
    [POD_ENV.pipeline]: scope.pipeline,
    [POD_ENV.uid]: scope.uid,
    [POD_ENV.group]: group.name,
    [POD_ENV.replica]: replica,
    [POD_ENV.templateHash]: group.templateHash,
    [POD_ENV.modules]: moduleFiles.join(delimiter),
    [POD_ENV.concurrency]: String(group.concurrency),
    [POD_ENV.drainMs]: String(drainMs),
    ...(memory === null ? {} : { [POD_ENV.hostMemoryMb]: String(Math.max(1, Math.floor(memory / MIB))) }),
    // What CUDA may see is what was claimed. Without a claim nothing is said: a module may look for itself.
    ...(gpus.length === 0 ? {} : { CUDA_VISIBLE_DEVICES: gpus.join(",") }),
  };
}
