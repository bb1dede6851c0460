import test from "ava";
import { ConfigError, readConfig } from "./config.ts";

const LEAST = {
  TROUPE_NATS_URL: "nats://nats:4222",
  TROUPE_RUNTIME_IMAGE: "example.test/runtime:1",
  TROUPE_NAMESPACE: "troupe-system",
  HOSTNAME: "operator-0",
};

test("the least that is needed, and the defaults", (t) => {
  t.deepEqual(readConfig(LEAST), {
    natsUrl: "nats://nats:4222",
    credentialsFolder: undefined,
    natsCaFile: undefined,
    natsStore: "external",
    streamReplicas: 1,
    natsMonitorUrls: [],
    namespaces: undefined,
    ownNamespace: "troupe-system",
    identity: "operator-0",
    lease: "troupe-operator",
    resyncMs: 600_000,
    watchMs: 30_000,
    healthPort: 7080,
    logLevel: "info",
    installation: {
      runtimeImage: "example.test/runtime:1",
      imagePullPolicy: null,
      imagePullSecrets: [],
      natsUrl: "nats://nats:4222",
      gpuResource: "nvidia.com/gpu",
      gpuSlices: null,
      drainSeconds: 30,
      logLevel: "info",
    },
  });
});

const READ: readonly (readonly [string, string, (config: ReturnType<typeof readConfig>) => unknown, unknown])[] = [
  ["TROUPE_POD_NATS_URL", "nats://outside:4222", ({ installation }) => installation.natsUrl, "nats://outside:4222"],
  ["TROUPE_RESYNC_SECONDS", "5", ({ resyncMs }) => resyncMs, 5_000],
  ["TROUPE_WATCH_SECONDS", "5", ({ watchMs }) => watchMs, 5_000],
  ["TROUPE_NATS_CREDENTIALS", "/creds", ({ credentialsFolder }) => credentialsFolder, "/creds"],
  ["TROUPE_NATS_CA", "/ca.crt", ({ natsCaFile }) => natsCaFile, "/ca.crt"],
  ["TROUPE_NATS_STORE", "ephemeral", ({ natsStore }) => natsStore, "ephemeral"],
  ["TROUPE_NATS_MONITOR_URLS", "http://a, http://b", (config) => config.natsMonitorUrls, ["http://a", "http://b"]],
  ["TROUPE_STREAM_REPLICAS", "3", ({ streamReplicas }) => streamReplicas, 3],
  ["TROUPE_WATCH_NAMESPACES", "a, b,", ({ namespaces }) => namespaces, ["a", "b"]],
  ["TROUPE_WATCH_NAMESPACES", "", ({ namespaces }) => namespaces, undefined],
  ["TROUPE_POD_NAME", "pod-1", ({ identity }) => identity, "pod-1"],
  ["TROUPE_LEASE", "none", ({ lease }) => lease, undefined],
  ["TROUPE_LEASE", "mine", ({ lease }) => lease, "mine"],
  ["TROUPE_HEALTH_PORT", "0", ({ healthPort }) => healthPort, 0],
  ["TROUPE_DRAIN_SECONDS", "5", ({ installation }) => installation.drainSeconds, 5],
  ["TROUPE_IMAGE_PULL_POLICY", "Never", ({ installation }) => installation.imagePullPolicy, "Never"],
  ["TROUPE_IMAGE_PULL_SECRETS", "a,b", ({ installation }) => installation.imagePullSecrets, ["a", "b"]],
  ["TROUPE_GPU_RESOURCE", "amd.com/gpu", ({ installation }) => installation.gpuResource, "amd.com/gpu"],
];

for (const [name, value, read, expected] of READ)
  test(`${name}=${value} is read`, (t) => {
    t.deepEqual(read(readConfig({ ...LEAST, [name]: value })), expected);
  });

test("slices of a GPU need both, resource and number", (t) => {
  const shared = { ...LEAST, TROUPE_GPU_SHARED_RESOURCE: "nvidia.com/gpu.shared", TROUPE_GPU_SHARED_SLICES: "4" };
  t.deepEqual(readConfig(shared).installation.gpuSlices, { resource: "nvidia.com/gpu.shared", slices: 4 });
});

const REFUSED: readonly (readonly [Readonly<Record<string, string>>, RegExp])[] = [
  [{ TROUPE_NATS_URL: "" }, /^TROUPE_NATS_URL is not set/],
  [{ TROUPE_RUNTIME_IMAGE: "" }, /^TROUPE_RUNTIME_IMAGE is not set/],
  [{ TROUPE_NAMESPACE: "" }, /^TROUPE_NAMESPACE is not set/],
  [{ HOSTNAME: "" }, /^HOSTNAME is not set/],
  [{ TROUPE_NATS_STORE: "sync" }, /^TROUPE_NATS_STORE is "sync"; it must be synced, ephemeral or external\.$/],
  [{ TROUPE_STREAM_REPLICAS: "2" }, /^TROUPE_STREAM_REPLICAS is "2"; it is 1, or/],
  [{ TROUPE_DRAIN_SECONDS: "0" }, /^TROUPE_DRAIN_SECONDS is "0"; it must be a whole number of at least 1\.$/],
  [{ TROUPE_HEALTH_PORT: "1.5" }, /^TROUPE_HEALTH_PORT is "1\.5"/],
  [{ TROUPE_GPU_SHARED_RESOURCE: "a/b" }, /belong together/],
  [{ TROUPE_GPU_SHARED_SLICES: "2" }, /belong together/],
  [{ TROUPE_GPU_SHARED_RESOURCE: "a/b", TROUPE_GPU_SHARED_SLICES: "1" }, /2 or more/],
];

for (const [change, message] of REFUSED)
  test(`${JSON.stringify(change)} is refused, by name`, (t) => {
    t.throws(() => readConfig({ ...LEAST, ...change }), { instanceOf: ConfigError, message });
  });
