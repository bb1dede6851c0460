/** How an operator is installed, for the tests of what is decided. */
import type { Installation } from "./installation.ts";

export const INSTALLATION: Installation = {
  runtimeImage: "example.test/runtime:1",
  imagePullPolicy: null,
  imagePullSecrets: [],
  natsUrl: "nats://nats:4222",
  natsCa: null,
  gpuResource: "nvidia.com/gpu",
  gpuSlices: null,
  drainSeconds: 30,
  logLevel: "info",
};
