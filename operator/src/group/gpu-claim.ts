import { parseQuantity, type ConditionReason, type ResourcesSpec } from "@troupe/model";
import type { GpuSlices, Installation } from "../installation.ts";

/** What a claim of GPUs becomes: a limit on an extended resource, nothing, or a refusal with its cure. */
export type GpuClaim =
  | { readonly kind: "none" }
  | { readonly kind: "limit"; readonly resource: string; readonly count: number }
  | { readonly kind: "refused"; readonly reason: ConditionReason<"Accepted">; readonly message: string };

/**
 * Kubernetes counts devices in whole numbers, so a fraction is a slice of a device that the installation shares; it is never rounded.
 * Quantities are exact to a thousandth, and so is the comparison: a third is "0.333".
 */
export function gpuClaim(
  resources: ResourcesSpec = {},
  installation: Pick<Installation, "gpuResource" | "gpuSlices">,
): GpuClaim {
  const amount = parseQuantity(resources.gpu) ?? 0;
  if (amount === 0) return { kind: "none" };
  if (Number.isInteger(amount))
    return { kind: "limit", resource: resources.gpuResource ?? installation.gpuResource, count: amount };
  const { gpuSlices } = installation;
  if (gpuSlices === null) return refused("FractionalGpuNotConfigured", resources, NOT_CONFIGURED);
  if (resources.gpuResource !== undefined && resources.gpuResource !== gpuSlices.resource)
    return refused("FractionalGpuNotOffered", resources, otherResource(resources.gpuResource, gpuSlices));
  if (Math.round(amount * 1000) !== Math.round(1000 / gpuSlices.slices))
    return refused("FractionalGpuNotOffered", resources, otherFraction(gpuSlices));
  return { kind: "limit", resource: gpuSlices.resource, count: 1 };
}

const NOT_CONFIGURED =
  "and this installation has no shared GPUs. Share them in the device plugin (time-slicing or MPS), and set gpu.shared.resource and " +
  "gpu.shared.slices of the Helm chart to the resource it offers and to the number of slices a GPU; or claim whole GPUs.";

function refused(reason: ConditionReason<"Accepted">, { gpu }: ResourcesSpec, why: string): GpuClaim {
  return { kind: "refused", reason, message: `The group claims ${String(gpu)} of a GPU, ${why}` };
}

function otherResource(resource: string, { resource: shared }: GpuSlices): string {
  return `of ${resource}, but this installation shares GPUs as ${shared} only. Remove gpuResource, or claim whole devices of it.`;
}

function otherFraction({ resource, slices }: GpuSlices): string {
  const slice = String(Math.round(1000 / slices) / 1000);
  return (
    `but a GPU of this installation has ${slices} slices (${resource}), and a claim is exactly one of them. ` +
    `Claim "${slice}", or set gpu.shared.slices of the Helm chart to what the device plugin offers.`
  );
}
