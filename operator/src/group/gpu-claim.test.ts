import test from "ava";
import type { ResourcesSpec } from "@troupe/model";
import { gpuClaim } from "./gpu-claim.ts";

const WHOLE = { gpuResource: "nvidia.com/gpu", gpuSlices: null };
const HALVES = { gpuResource: "nvidia.com/gpu", gpuSlices: { resource: "nvidia.com/gpu.shared", slices: 2 } };
const THIRDS = { gpuResource: "nvidia.com/gpu", gpuSlices: { resource: "nvidia.com/gpu.shared", slices: 3 } };

const LIMITS: readonly (readonly [ResourcesSpec, typeof HALVES | typeof WHOLE, string])[] = [
  [{ gpu: 2 }, WHOLE, "nvidia.com/gpu=2"],
  [{ gpu: "1" }, HALVES, "nvidia.com/gpu=1"],
  [{ gpu: 1, gpuResource: "nvidia.com/mig-1g.5gb" }, WHOLE, "nvidia.com/mig-1g.5gb=1"],
  [{ gpu: "0.5" }, HALVES, "nvidia.com/gpu.shared=1"],
  [{ gpu: "500m" }, HALVES, "nvidia.com/gpu.shared=1"],
  [{ gpu: "0.333" }, THIRDS, "nvidia.com/gpu.shared=1"],
  [{ gpu: "0.5", gpuResource: "nvidia.com/gpu.shared" }, HALVES, "nvidia.com/gpu.shared=1"],
];

for (const [resources, installation, expected] of LIMITS) {
  test(`${JSON.stringify(resources)} becomes ${expected}`, (t) => {
    const claim = gpuClaim(resources, installation);
    t.is(claim.kind === "limit" ? `${claim.resource}=${claim.count}` : claim.kind, expected);
  });
}

test("none", (t) => {
  t.is(gpuClaim({ gpu: 0 }, WHOLE).kind, "none");
  t.is(gpuClaim(undefined, WHOLE).kind, "none");
});

const REFUSALS: readonly (readonly [ResourcesSpec, typeof HALVES | typeof WHOLE, string, RegExp])[] = [
  [{ gpu: "0.5" }, WHOLE, "FractionalGpuNotConfigured", /gpu\.shared\.resource and gpu\.shared\.slices/],
  [{ gpu: "0.25" }, HALVES, "FractionalGpuNotOffered", /has 2 slices \(nvidia\.com\/gpu\.shared\).*Claim "0\.5"/],
  [{ gpu: "0.51" }, HALVES, "FractionalGpuNotOffered", /2 slices/],
  [
    { gpu: "0.5", gpuResource: "amd.com/gpu" },
    HALVES,
    "FractionalGpuNotOffered",
    /of amd\.com\/gpu.*Remove gpuResource/,
  ],
];

for (const [resources, installation, reason, message] of REFUSALS) {
  test(`${JSON.stringify(resources)} is refused: ${reason}`, (t) => {
    const claim = gpuClaim(resources, installation);
    if (claim.kind !== "refused") return t.fail(claim.kind);
    t.is(claim.reason, reason as typeof claim.reason);
    t.regex(claim.message, message);
  });
}
