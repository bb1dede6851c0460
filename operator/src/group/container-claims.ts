import { parseQuantity, type JsonObject, type ResourcesSpec } from "@troupe/model";
import type { GpuClaim } from "./gpu-claim.ts";

const MIB = 1024 * 1024;
/** What the agent and the rest of the process need beside the host's heap. */
const BESIDE_HEAP_MIB = 64;
const LEAST_HEAP_MIB = 16;

/** `cpu` is a request alone (an idle core is nobody's loss), `memory` request and limit, a GPU a limit. */
export function containerResources(resources: ResourcesSpec = {}, gpu: GpuClaim): JsonObject {
  const memory = resources.memory === undefined ? {} : { memory: String(resources.memory) };
  const requests = { ...(resources.cpu === undefined ? {} : { cpu: String(resources.cpu) }), ...memory };
  const limits = { ...memory, ...(gpu.kind === "limit" ? { [gpu.resource]: String(gpu.count) } : {}) };
  return {
    ...(Object.keys(requests).length === 0 ? {} : { requests }),
    ...(Object.keys(limits).length === 0 ? {} : { limits }),
  };
}

/** Heap limit of the host in MiB, below the limit of its container: a job that needs more fails with an error, and the pod lives on. */
export function hostMemoryMb({ memory }: ResourcesSpec = {}): number | null {
  const bytes = parseQuantity(memory);
  if (bytes === null || bytes === 0) return null;
  const mebibytes = bytes / MIB;
  return Math.max(LEAST_HEAP_MIB, Math.floor(mebibytes - Math.max(BESIDE_HEAP_MIB, mebibytes / 4)));
}
